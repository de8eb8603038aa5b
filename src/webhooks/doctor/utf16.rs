//! Files that were written as UTF-16: they look like text and are none of the bytes that came.

use std::fmt;

/// In which order the two bytes of each character stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf16 {
    /// The lower first, as Windows writes it.
    LittleEndian,
    /// The higher first.
    BigEndian,
}

/// Whether a file of ours, which begins with an ASCII character, is UTF-16: by its byte order mark, or
/// by the zero that stands beside that character.
pub fn utf16_of(file: &[u8]) -> Option<Utf16> {
    match *file {
        [0xff, 0xfe, ..] => Some(Utf16::LittleEndian),
        [0xfe, 0xff, ..] => Some(Utf16::BigEndian),
        [1..=0x7f, 0, ..] => Some(Utf16::LittleEndian),
        [0, 1..=0x7f, ..] => Some(Utf16::BigEndian),
        _ => None,
    }
}

impl fmt::Display for Utf16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LittleEndian => "UTF-16 (little-endian)",
            Self::BigEndian => "UTF-16 (big-endian)",
        })
    }
}
