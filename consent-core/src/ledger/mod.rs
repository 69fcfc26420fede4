//! The log that nobody can rewrite unnoticed. Formats: C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof;
//! hashes: RFC 6962.
