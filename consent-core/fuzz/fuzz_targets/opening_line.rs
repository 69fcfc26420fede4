//! What reads as a line of openings is written the same, and has a row in the spreadsheet that is one line.
#![no_main]

use consent_core::bundle::csv;
use consent_core::bundle::opening_line::OpeningLine;
use consent_core::digest::Digest;
use consent_core::notice::NoticeId;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(line) = OpeningLine::parse(bytes) {
        assert_eq!(line.to_bytes().as_deref(), Ok(bytes));
        let row = csv::row(&line, line.index, NoticeId(Digest::of(b"")));
        let quotes = row.matches('"').count();
        assert!(row.ends_with("\r\n") && quotes % 2 == 0);
        // Outside of quotes there is one line end: the last.
        let outside: String = row.split('"').step_by(2).collect();
        assert_eq!(outside.matches(['\r', '\n']).count(), 2);
    }
});
