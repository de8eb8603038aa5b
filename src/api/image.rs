//! An item's picture as a request brings it: decoded whole before anybody keeps or shows it.
//!
//! Work for the processor only, up to twice `DECODED_BYTES_MAX` of memory for each picture: call
//! it from a blocking thread, few at a time. Keeping the picture is somebody else's.

use std::io::Cursor;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use sha2::{Digest, Sha256};

use crate::domain::{
    image::{ContentHash, ImageKind, ItemImage},
    violation::Violation,
};

/// The largest picture, in bytes as stored.
pub const IMAGE_BYTES_MAX: usize = 1024 * 1024;

/// The longest side of a picture, in pixels.
pub const IMAGE_PIXELS_MAX: u32 = 4_096;

/// The most memory that decoding may take, in bytes: twice the largest picture of 8 bytes a pixel,
/// since decoders keep a second copy while they work. The PNG reader may take as much once more
/// for what is not a picture.
const DECODED_BYTES_MAX: u64 = 2 * 8 * (IMAGE_PIXELS_MAX as u64) * (IMAGE_PIXELS_MAX as u64);

/// Four characters hold three bytes; the rest is padding.
const BASE64_CHARACTERS_MAX: usize = IMAGE_BYTES_MAX.div_ceil(3) * 4;

/// Standard base64, whose padding many leave off.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const KINDS_RULE: &str = "as a data URI must be of image/png, image/jpeg or image/webp";
const BASE64_RULE: &str = "as a data URI must hold its bytes in base64";
const BYTES_RULE: &str = "as a data URI must hold at most 1 MiB";
const PIXELS_RULE: &str = "must be at most 4,096 × 4,096 pixels";
const CLAIM_RULE: &str = "as a data URI must hold bytes of the kind that it claims";
const DECODE_RULE: &str = "must be a whole, valid picture";
const FILE_RULE: &str = "must be a PNG, JPEG or WebP picture";
const SIZE_RULE: &str = "must have at most 1 MiB";
const FORM_RULE: &str = "must be an https URL or a data URI";

/// An item's image as a request gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenImage {
    /// The bytes came with the request.
    Stored(Picture),
    /// A link, which we never follow. Always [`ItemImage::Linked`].
    Linked(ItemImage),
}

/// The bytes of a picture, as they came. Whether they are one, [`Picture::decode`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// As they came.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub sha256: ContentHash,
    /// What they claim to be.
    pub kind: ImageKind,
}

impl Picture {
    /// Takes the bytes of a file, which say by themselves what they claim to be.
    ///
    /// # Errors
    ///
    /// A [`Violation`] that never quotes them.
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, Violation> {
        if IMAGE_BYTES_MAX < bytes.len() {
            return Err(Violation::of_number(SIZE_RULE, format!("{} bytes", bytes.len())));
        }
        let kind = match image::guess_format(&bytes) {
            Ok(ImageFormat::Png) => ImageKind::Png,
            Ok(ImageFormat::Jpeg) => ImageKind::Jpeg,
            Ok(ImageFormat::WebP) => ImageKind::Webp,
            _ => return Err(refuse(FILE_RULE, "a file of another kind")),
        };
        let sha256 = ContentHash::of_digest(Sha256::digest(&bytes).into());
        Ok(Self { bytes, sha256, kind })
    }

    /// What an event says of the picture.
    pub fn name(&self) -> ItemImage {
        ItemImage::Stored { sha256: self.sha256.clone(), kind: self.kind }
    }

    /// Proves that the bytes are a whole picture of the kind that they claim to be.
    ///
    /// # Errors
    ///
    /// A [`Violation`] that never quotes the data.
    pub fn decode(&self) -> Result<(), Violation> {
        decode_picture(&self.bytes, self.kind)
    }
}

/// Takes the `item.image` of a request: a data URI, whose picture is still to be decoded, or an
/// `https` URL.
///
/// The media type may be in upper case and the base64 may be broken into lines; parameters beside
/// `base64` are not understood.
///
/// # Errors
///
/// A [`Violation`] that never quotes the data.
pub fn read(text: &str) -> Result<GivenImage, Violation> {
    if let Some(rest) = strip_scheme(text, "data:") {
        return read_data_uri(rest).map(GivenImage::Stored);
    }
    if strip_scheme(text, "https:").is_none() {
        return Err(refuse(FORM_RULE, "something else"));
    }
    ItemImage::link(text).map(GivenImage::Linked)
}

fn read_data_uri(rest: &str) -> Result<Picture, Violation> {
    let (head, data) = rest.split_once(',').ok_or_else(|| refuse(BASE64_RULE, "no comma"))?;
    let (media_type, encoding) = head.split_once(';').unwrap_or((head, ""));
    let kind = ImageKind::from_media_type(&media_type.trim().to_ascii_lowercase())
        .ok_or_else(|| refuse(KINDS_RULE, "another media type"))?;
    if !encoding.trim().eq_ignore_ascii_case("base64") {
        return Err(refuse(BASE64_RULE, "another encoding"));
    }
    let bytes = decode_base64(data)?;
    let sha256 = ContentHash::of_digest(Sha256::digest(&bytes).into());
    Ok(Picture { bytes, sha256, kind })
}

fn decode_base64(data: &str) -> Result<Vec<u8>, Violation> {
    let mut characters = data.as_bytes().to_vec();
    characters.retain(|it| !it.is_ascii_whitespace());
    if BASE64_CHARACTERS_MAX < characters.len() {
        return Err(refuse(BYTES_RULE, "more"));
    }
    let bytes = BASE64.decode(&characters).map_err(|_| refuse(BASE64_RULE, "other characters"))?;
    if IMAGE_BYTES_MAX < bytes.len() {
        return Err(Violation::of_number(BYTES_RULE, format!("{} bytes", bytes.len())));
    }
    Ok(bytes)
}

/// Proves that every pixel can be had. The size is known, and bounded, before memory is taken.
fn decode_picture(bytes: &[u8], kind: ImageKind) -> Result<(), Violation> {
    let format = format_of(kind);
    if image::guess_format(bytes).ok() != Some(format) {
        return Err(refuse(CLAIM_RULE, "bytes of another kind"));
    }
    let invalid = |_| refuse(DECODE_RULE, "one that cannot be decoded");
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(invalid)?;
    let (width, height) = decoder.dimensions();
    if IMAGE_PIXELS_MAX < width.max(height) {
        return Err(Violation::of_number(PIXELS_RULE, format!("{width} × {height}")));
    }
    limits.reserve(decoder.total_bytes()).map_err(invalid)?;
    decoder.set_limits(limits).map_err(invalid)?;
    DynamicImage::from_decoder(decoder).map_err(invalid)?;
    if is_cut_short(bytes, kind) {
        return Err(refuse(DECODE_RULE, "one that is cut short"));
    }
    Ok(())
}

/// Whether the end is missing, which lenient decoders fill up with grey.
fn is_cut_short(bytes: &[u8], kind: ImageKind) -> bool {
    match kind {
        ImageKind::Png => false,
        // After the last start of scan (a thumbnail's comes before) there must be an end of image.
        // Inside a scan neither marker occurs. Source: ITU-T T.81, B.1.1.
        ImageKind::Jpeg => {
            let last = |marker: [u8; 2]| bytes.windows(2).rposition(|it| it == marker);
            last([0xff, 0xd9]) < last([0xff, 0xda])
        }
        // The container says how long it is, without its first eight bytes.
        ImageKind::Webp => {
            let size = bytes.get(4..8).and_then(|it| it.try_into().ok()).map(u32::from_le_bytes);
            size.is_none_or(|it| (bytes.len() as u64) < u64::from(it) + 8)
        }
    }
}

fn format_of(kind: ImageKind) -> ImageFormat {
    match kind {
        ImageKind::Png => ImageFormat::Png,
        ImageKind::Jpeg => ImageFormat::Jpeg,
        ImageKind::Webp => ImageFormat::WebP,
    }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn refuse(rule: &'static str, received: &'static str) -> Violation {
    Violation::of_number(rule, received)
}

#[cfg(test)]
mod tests;
