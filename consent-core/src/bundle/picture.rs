//! Pictures of notices: PNG, taken apart far enough to know that it is one, whole and of which size (PNG third edition,
//! section 5). The picture itself is not decoded.
//!
//! ```
//! use consent_core::bundle::picture::{MAX_PICTURE_BYTES, Picture, PictureError};
//!
//! # let png = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/picture/smallest"));
//! assert_eq!(Picture::parse(png), Ok(Picture { width: 1, height: 1 }));
//! // Cut off, changed, or no picture at all.
//! assert_eq!(Picture::parse(&png[..png.len() - 1]), Err(PictureError::Chunk));
//! assert_eq!(Picture::parse(b"GIF89a"), Err(PictureError::Signature));
//! assert_eq!(Picture::parse(&vec![0; MAX_PICTURE_BYTES + 1]), Err(PictureError::TooLong));
//! ```

/// The most bytes of a picture.
pub const MAX_PICTURE_BYTES: usize = 4 * 1024 * 1024;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What is known of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: u32,
    /// In pixels, at least 1.
    pub height: u32,
}

/// Why bytes are no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Larger than [`MAX_PICTURE_BYTES`].
    #[error("picture: larger than 4 MiB")]
    TooLong,
    /// Does not begin as a PNG does.
    #[error("picture: not a PNG")]
    Signature,
    /// A chunk is cut off, damaged, or not where it may be.
    #[error("picture: a damaged PNG")]
    Chunk,
    /// The size is 0, or larger than the format allows.
    #[error("picture: no size")]
    Size,
}

impl Picture {
    /// Looks through the chunks: the header first, data, the end last and nothing after it, each with its checksum.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.len() > MAX_PICTURE_BYTES {
            return Err(PictureError::TooLong);
        }
        let mut rest = bytes.strip_prefix(SIGNATURE).ok_or(PictureError::Signature)?;
        let mut picture = None;
        let mut has_data = false;
        loop {
            let (kind, data, after) = chunk(rest).ok_or(PictureError::Chunk)?;
            rest = after;
            match (kind, picture) {
                (b"IHDR", None) => picture = Some(header(data)?),
                (b"IDAT", Some(_)) => has_data = true,
                (b"IEND", Some(picture)) if has_data && data.is_empty() && rest.is_empty() => {
                    return Ok(picture);
                }
                (b"IHDR" | b"IEND", _) | (_, None) => return Err(PictureError::Chunk),
                (_, Some(_)) => {}
            }
        }
    }
}

fn header(data: &[u8]) -> Result<Picture, PictureError> {
    let (width, rest) = data.split_first_chunk().ok_or(PictureError::Chunk)?;
    let (height, rest) = rest.split_first_chunk().ok_or(PictureError::Chunk)?;
    if rest.len() != 5 {
        return Err(PictureError::Chunk);
    }
    let [width, height] = [width, height].map(|number| u32::from_be_bytes(*number));
    let fits = |side| (1..=0x7fff_ffff).contains(&side);
    if fits(width) && fits(height) { Ok(Picture { width, height }) } else { Err(PictureError::Size) }
}

/// The first chunk: its kind, its data, and what comes after it. `None` if it is cut off or its checksum is wrong.
fn chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (covered, after) = rest.split_at_checked(length.checked_add(4)?)?;
    let (sum, after) = after.split_first_chunk()?;
    let (kind, data) = covered.split_first_chunk()?;
    (crc(covered) == u32::from_be_bytes(*sum)).then_some((kind, data, after))
}

/// CRC-32 as in ISO 3309.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn chunk_of(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let covered = [kind, data].concat();
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], &covered, &crc(&covered).to_be_bytes()].concat()
    }

    /// A picture of nothing in particular.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let chunks = [chunk_of(b"IHDR", &header), chunk_of(b"IDAT", b"any"), chunk_of(b"IEND", b"")];
        [SIGNATURE.to_vec(), chunks.concat()].concat()
    }

    #[test]
    fn tells_the_size_and_refuses_every_damaged_one() {
        let bytes = png(360, 800);
        assert_eq!(Picture::parse(&bytes), Ok(Picture { width: 360, height: 800 }));
        for end in 0..bytes.len() {
            assert!(Picture::parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Picture::parse(&flipped).is_err(), "bit {bit}");
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert_eq!(Picture::parse(&longer), Err(PictureError::Chunk));
        assert_eq!(Picture::parse(&png(0, 1)), Err(PictureError::Size));
        assert_eq!(Picture::parse(&vec![0; MAX_PICTURE_BYTES + 1]), Err(PictureError::TooLong));
        assert_eq!(Picture::parse(b"GIF89a"), Err(PictureError::Signature));
        let headless = [SIGNATURE.to_vec(), chunk_of(b"IDAT", b""), chunk_of(b"IEND", b"")].concat();
        assert_eq!(Picture::parse(&headless), Err(PictureError::Chunk));
    }
}
