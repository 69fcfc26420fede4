//! The report in plain words, for somebody who has to rely on it and does not program.
//!
//! ```
//! use consent_core::verify::{evidence::Evidence, source::MemoryBundle, verify};
//!
//! let text = verify(&MemoryBundle::default(), &Evidence::default(), &mut |_| ()).to_text();
//! assert!(text.contains("WHAT WAS CHECKED"));
//! assert!(text.contains("[file_missing]"));
//! ```

use std::fmt::Write as _;

use super::report::Report;
use super::visible::visible;
use crate::bundle::csv::rfc3339;

impl Report {
    /// The report in plain words: the result, what was checked, what was found, what this proves and what it does not.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string has no way to fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let site = visible(self.site.as_deref().unwrap_or("(unknown)"));
        let made_at = self.made_at.map_or_else(|| "(unknown)".to_owned(), rfc3339);
        match (self.holds(), self.problems()) {
            (true, _) => writeln!(out, "RESULT: everything in this bundle HOLDS.")?,
            (false, 0) => writeln!(out, "RESULT: the check did not come to its end.")?,
            (false, 1) => writeln!(out, "RESULT: this bundle DOES NOT HOLD. 1 problem was found.")?,
            (false, count) => {
                writeln!(out, "RESULT: this bundle DOES NOT HOLD. {count} problems were found.")?;
            }
        }
        writeln!(out, "\nSite {site}, bundle made at {made_at}.")?;
        if let (from, to) = self.range
            && (from.is_some() || to.is_some())
        {
            let words = |time: Option<u64>, open: &str| time.map_or_else(|| open.to_owned(), rfc3339);
            writeln!(
                out,
                "It shows what was decided from {} to {}; decisions at other times are in the log without their content.",
                words(from, "the beginning"),
                words(to, "the end")
            )?;
        }
        self.write_findings(out)?;
        self.write_checked(out)?;
        self.write_keys(out)?;
        self.write_meaning(out)
    }

    fn problems(&self) -> u64 {
        u64::try_from(self.findings.len()).unwrap_or(u64::MAX).saturating_add(self.further_findings)
    }

    fn write_findings(&self, out: &mut String) -> std::fmt::Result {
        if self.findings.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nPROBLEMS")?;
        for (number, finding) in (1..).zip(&self.findings) {
            let mut place = visible(&finding.file).into_owned();
            if let Some(index) = finding.index {
                write!(place, ", entry {index}")?;
            }
            if let Some(byte) = finding.byte {
                write!(place, ", byte {byte}")?;
            }
            let code = serde_json::to_value(finding.code).unwrap_or_default();
            writeln!(
                out,
                "{number:>4}. {place}\n      {} [{}]",
                visible(&finding.message),
                code.as_str().unwrap_or_default()
            )?;
        }
        if self.further_findings > 0 {
            writeln!(out, "      … and {} more.", self.further_findings)?;
        }
        Ok(())
    }

    fn write_checked(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nWHAT WAS CHECKED")?;
        writeln!(out, "  Files      {} compared with the signed list", self.files)?;
        writeln!(
            out,
            "  Notices    {} compared with the addresses under which the log names them",
            self.notices
        )?;
        for log in &self.forgotten {
            writeln!(out, "  Log        {}", visible(&log.log))?;
            writeln!(
                out,
                "             FORGOTTEN: it had {} entries and was deleted after its retention of {} days, over since {}.",
                log.size,
                log.retention_days,
                rfc3339(log.since)
            )?;
            writeln!(out, "             Its last checkpoint is signed, and the log behind it continues it.")?;
        }
        for log in &self.logs {
            writeln!(out, "  Log        {}", visible(&log.log))?;
            writeln!(
                out,
                "             {} entries, {} of them decisions; root {}",
                log.size, log.decisions, log.root
            )?;
            if let (Some(first), Some(last)) = (log.first_time, log.last_time) {
                writeln!(
                    out,
                    "             from {} to {} by the server's clock",
                    rfc3339(first),
                    rfc3339(last)
                )?;
            }
            writeln!(
                out,
                "             {} tiles computed anew; {} older checkpoints of the bundle and {} checkpoints or receipts of your own compared",
                log.tiles, log.history, log.evidence
            )?;
            log.vouched.write(log.size, out)?;
            match log.lost {
                None => {}
                Some(0) => {
                    writeln!(
                        out,
                        "             It could not go on and was ended; none of its entries is lost."
                    )?;
                }
                Some(lost) => {
                    writeln!(out, "             LOST: {lost} of these entries are not there any more.")?;
                }
            }
            if let Some(before) = &log.continues {
                writeln!(
                    out,
                    "             It says that it continues {}, which is not in this bundle.",
                    visible(before)
                )?;
            }
        }
        for shown in &self.shown {
            writeln!(out, "  Notice     {}", shown.notice_id)?;
            writeln!(
                out,
                "             {}, rules of {}; from {} to {}",
                visible(&shown.language),
                visible(&shown.region),
                rfc3339(shown.first_time),
                rfc3339(shown.last_time)
            )?;
            for waiver in &shown.waivers {
                writeln!(out, "             waived: {}", visible(&waiver.to_string()))?;
            }
            if let Some(declared) = &shown.audience_measurement {
                writeln!(out, "             audience measured: {}", visible(&declared.to_string()))?;
            }
            for from in &shown.moving_in {
                writeln!(out, "             taken over: {}", visible(&from.to_string()))?;
            }
            writeln!(
                out,
                "             shown {} times by the tallies; {} decisions, of which are there: {} granted all, {} some, {} nothing",
                shown.shown, shown.decisions, shown.granted_all, shown.granted_some, shown.denied_all
            )?;
        }
        for exhibit in &self.exhibits {
            writeln!(out, "  Exhibit    {} of {}", visible(&exhibit.name), visible(&exhibit.platform))?;
            writeln!(
                out,
                "             {} bytes, {} rows, taken in at {}; compared with its SHA-256. What it says is not proven",
                exhibit.bytes,
                exhibit.rows,
                rfc3339(exhibit.added_at)
            )?;
        }
        writeln!(out, "  Decisions  {:<12}{:>12}{:>19}", "", "who decided", "what was decided")?;
        let (who, what) = (&self.subject, &self.decision);
        let rows = [
            ("VERIFIED", who.verified, what.verified),
            ("ERASED", who.erased, what.erased),
            ("MISSING", who.missing, what.missing),
            ("TAMPERED", who.tampered, what.tampered),
            ("RESURRECTED", who.resurrected, what.resurrected),
            ("other time", who.outside_range, what.outside_range),
        ];
        for (name, who, what) in rows {
            writeln!(out, "             {name:<12}{who:>12}{what:>19}")?;
        }
        Ok(())
    }

    fn write_keys(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nKEYS")?;
        if self.keys_from_auditor {
            writeln!(out, "  Signatures were checked with the keys that you gave:")?;
        } else {
            writeln!(
                out,
                "  Signatures were checked with the keys in the bundle itself. Compare them with the keys that the"
            )?;
            writeln!(out, "  operator has published or given to you in another way:")?;
        }
        for key in &self.keys {
            writeln!(out, "  {}", visible(key))?;
        }
        Ok(())
    }

    fn write_meaning(&self, out: &mut String) -> std::fmt::Result {
        if self.holds() {
            out.push_str(
                "\nWHAT THIS PROVES\n\
                 \x20 Whoever holds these keys signed exactly these entries in this order. For every decision counted as VERIFIED:\n\
                 \x20 what was decided, by which visitor's number, under which notice, and when the log took it, are what was\n\
                 \x20 recorded. For every one counted as ERASED: that there was one, when, under which notice, and that its\n\
                 \x20 content was erased later. The spreadsheet says the same as the log.\n",
            );
        } else if self.proves_tampering() {
            out.push_str(
                "\nWHAT THIS MEANS\n\
                 \x20 PROOF OF TAMPERING. One key signed two histories of one log that contradict each other. Damage can not do\n\
                 \x20 that: a log was written anew. Keep this bundle, and the checkpoints and receipts named above: together\n\
                 \x20 they prove it to anybody who knows the key.\n",
            );
        } else {
            out.push_str(
                "\nWHAT THIS MEANS\n\
                 \x20 What is listed above is not as it was signed, or was never signed. It can be damage or a change made on\n\
                 \x20 purpose; the check can not tell which. Ask the operator for a new export, and compare both with the\n\
                 \x20 checkpoints and receipts that you have.\n",
            );
        }
        out.push_str(
            "\nWHAT THIS DOES NOT PROVE\n\
             \x20 That the person behind a visitor's number is a certain person. That the clock of the browser was right. That\n\
             \x20 every visitor was asked, or that a decision never reached the log. That no decision was entered twice: the\n\
             \x20 numbers of decisions are not compared with each other.\n",
        );
        if self.logs.iter().all(|log| log.evidence == 0) {
            out.push_str(
                "\x20 That the log was not rewritten from its beginning and signed anew: nothing from outside the bundle was\n\
                 \x20 compared. Give checkpoints that you kept (--checkpoint) or receipts of visitors (--receipt) to exclude this.\n",
            );
        } else {
            out.push_str(
                "\x20 That entries after the newest of your own checkpoints and receipts were not rewritten before this bundle\n\
                 \x20 was made; up to there a rewritten log would have been found.\n",
            );
        }
        Ok(())
    }
}
