//! Pictures that are taken, and those that only look like one.

use data_encoding::HEXLOWER;

use super::*;

fn picture(kind: ImageKind, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let colours = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 7])
    });
    DynamicImage::from(colours).write_to(&mut bytes, format_of(kind)).unwrap();
    bytes.into_inner()
}

fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", BASE64.encode(bytes))
}

/// What a request gave, decoded too.
fn check(text: &str) -> Result<GivenImage, Violation> {
    let given = read(text)?;
    if let GivenImage::Stored(picture) = &given {
        picture.decode()?;
    }
    Ok(given)
}

fn refusal(text: &str) -> &'static str {
    check(text).unwrap_err().rule
}

const KINDS: [ImageKind; 3] = [ImageKind::Png, ImageKind::Jpeg, ImageKind::Webp];

#[test]
fn a_picture_of_each_kind_is_kept_as_it_came_under_its_hash() {
    for kind in KINDS {
        let sent = picture(kind, 3, 2);
        let checked = check(&data_uri(kind.media_type(), &sent)).unwrap();
        let GivenImage::Stored(picture) = checked else { panic!("not stored: {kind:?}") };
        assert_eq!((&picture.bytes, picture.kind), (&sent, kind));
        assert_eq!(picture.sha256.as_str(), HEXLOWER.encode(&Sha256::digest(&sent)));
        assert_eq!(picture.name(), ItemImage::Stored { sha256: picture.sha256.clone(), kind });
    }
}

#[test]
fn a_file_is_kept_as_what_its_bytes_say_it_is() {
    for kind in KINDS {
        let picture = Picture::of_bytes(picture(kind, 3, 2)).unwrap();
        assert_eq!(picture.kind, kind);
        assert_eq!(picture.decode(), Ok(()));
    }
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    assert_eq!(Picture::of_bytes(svg.to_vec()).unwrap_err().rule, FILE_RULE);
    assert_eq!(Picture::of_bytes(vec![]).unwrap_err().rule, FILE_RULE);
    let mut bytes = picture(ImageKind::Png, 1, 1);
    bytes.resize(IMAGE_BYTES_MAX, 0);
    assert!(Picture::of_bytes(bytes.clone()).is_ok());
    bytes.push(0);
    assert_eq!(Picture::of_bytes(bytes).unwrap_err().rule, SIZE_RULE);
}

#[test]
fn a_link_is_kept_as_a_link_and_only_https_is_one() {
    let checked = check("https://cdn.example/coin.png").unwrap();
    let link = ItemImage::link("https://cdn.example/coin.png").unwrap();
    assert_eq!(checked, GivenImage::Linked(link));
    for text in ["http://cdn.example/coin.png", "javascript:alert(1)", "file:///coin.png", "", "é"]
    {
        assert_eq!(refusal(text), FORM_RULE, "{text}");
    }
}

#[test]
fn the_usual_spellings_of_a_data_uri_are_taken() {
    let png = picture(ImageKind::Png, 1, 1);
    let base64 = BASE64.encode(&png);
    let (first, second) = base64.split_at(20);
    for text in [
        format!("data:IMAGE/PNG;BASE64,{base64}"),
        format!("DATA:image/png;base64,{base64}"),
        format!("data:image/png;base64,{first}\r\n{second}\n"),
        format!("data:image/png;base64, {}", base64.trim_end_matches('=')),
    ] {
        assert!(check(&text).is_ok(), "{text}");
    }
    assert!(check(&data_uri("image/jpg", &picture(ImageKind::Jpeg, 1, 1))).is_ok());
}

#[test]
fn other_kinds_are_refused_and_so_is_a_script_in_a_picture() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for media_type in ["image/svg+xml", "IMAGE/SVG+XML", "image/gif", "text/html", ""] {
        assert_eq!(refusal(&data_uri(media_type, svg)), KINDS_RULE, "{media_type}");
    }
    assert_eq!(refusal(&data_uri("image/png", svg)), CLAIM_RULE);
}

#[test]
fn bytes_must_be_of_the_kind_that_is_claimed() {
    for claimed in KINDS {
        for found in KINDS.into_iter().filter(|it| *it != claimed) {
            let text = data_uri(claimed.media_type(), &picture(found, 1, 1));
            assert_eq!(refusal(&text), CLAIM_RULE, "{found:?} as {claimed:?}");
        }
    }
}

#[test]
fn a_picture_cut_short_or_damaged_is_refused() {
    for kind in KINDS {
        let whole = picture(kind, 64, 64);
        for length in [whole.len() / 2, whole.len() * 9 / 10] {
            let text = data_uri(kind.media_type(), &whole[..length]);
            assert_eq!(refusal(&text), DECODE_RULE, "{kind:?} cut to {length} bytes");
        }
    }
    let mut damaged = picture(ImageKind::Png, 64, 64);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    assert_eq!(refusal(&data_uri("image/png", &damaged)), DECODE_RULE);
}

#[test]
fn what_is_not_base64_is_refused() {
    for text in [
        "data:image/png;base64,!!!!",
        "data:image/png;base64,iVBORw0KGgo_-",
        "data:image/png;base64",
        "data:image/png,rawbytes",
        "data:image/png;charset=utf-8;base64,AAAA",
        "data:image/png;base64;base64,AAAA",
    ] {
        assert_eq!(refusal(text), BASE64_RULE, "{text}");
    }
    assert_eq!(refusal("data:image/png;base64,"), CLAIM_RULE);
}

#[test]
fn a_picture_has_at_most_1_mib() {
    let mut bytes = picture(ImageKind::Png, 1, 1);
    bytes.resize(IMAGE_BYTES_MAX, 0); // What follows a PNG's end is not read.
    assert!(check(&data_uri("image/png", &bytes)).is_ok());
    bytes.push(0);
    assert_eq!(refusal(&data_uri("image/png", &bytes)), BYTES_RULE);
    bytes.resize(2 * IMAGE_BYTES_MAX, 0);
    assert_eq!(refusal(&data_uri("image/png", &bytes)), BYTES_RULE);
}

#[test]
fn a_picture_has_at_most_4096_pixels_a_side() {
    for kind in KINDS {
        let uri = |width, height| data_uri(kind.media_type(), &picture(kind, width, height));
        assert!(check(&uri(4_096, 1)).is_ok(), "{kind:?}");
        assert!(check(&uri(1, 4_096)).is_ok(), "{kind:?}");
        assert_eq!(refusal(&uri(4_097, 1)), PIXELS_RULE, "{kind:?}");
        assert_eq!(refusal(&uri(1, 4_097)), PIXELS_RULE, "{kind:?}");
    }
}

#[test]
fn a_small_file_that_claims_a_vast_picture_is_refused_before_it_is_decoded() {
    let mut png = picture(ImageKind::Png, 1, 1);
    png[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let checksum = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&checksum);
    assert!(matches!(refusal(&data_uri("image/png", &png)), PIXELS_RULE | DECODE_RULE));
}

#[test]
fn no_refusal_quotes_the_picture() {
    let secret = "c2VjcmV0IHBpY3R1cmU";
    for text in [
        format!("data:image/png;base64,{secret}"),
        format!("data:image/png;base64,{secret}!"),
        format!("data:image/png;base64{secret}"),
        format!("data:{secret};base64,AAAA"),
        secret.to_owned(),
    ] {
        let refused = check(&text).unwrap_err();
        assert!(!refused.to_string().contains("c2Vj"), "{refused}");
    }
}

/// PNG's checksum. Source: PNG specification, annex D.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
