//! What an auditor takes away: the log, what is behind its commitments, the notices, the keys and a spreadsheet.
//!
//! Formats only; [`verify`](crate::verify) checks them and the server writes them. Imports go down this list:
//!
//! | module | what it knows |
//! |---|---|
//! | [`path`] | the names of the files |
//! | [`forgotten`] | what is left of a log that was deleted |
//! | [`manifest`] | the signed list of the files |
//! | [`opening_line`] | a line of `openings.jsonl` |
//! | [`data`] | the fields of an opening that are shown and compared |
//! | [`csv`] | `decisions.csv` |
//! | [`exhibit`] | a file of another platform |
//! | [`page`] | a page that shows a notice again |
//! | [`picture`] | a picture of a notice |

pub mod csv;
pub mod data;
pub mod exhibit;
pub mod forgotten;
pub mod manifest;
pub mod opening_line;
pub mod page;
pub mod path;
pub mod picture;
