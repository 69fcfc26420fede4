//! What a person reads first in a bundle.

use consent_core::bundle::csv::rfc3339;

use super::cut::Cut;

const TEXT: &str = r#"WHAT THIS IS

The consent decisions of the site "{site}", with everything that is needed to check them on a machine without
network. {logs} {period}

  decisions.csv      the decisions as a spreadsheet
  openings.jsonl     the same with the random salts that open the log's commitments
  notices/           what visitors were shown: <id>.json is the notice, <id> the SHA-256 of its content; <id>.html shows it
                     again in a browser, as a visitor saw it, without network; <id>-….png are pictures of it, if some
                     were made
  scripts/           the banner scripts that showed the notices, each named by the SHA-256 that the notices name
  exhibits/          consent logs of other platforms, if the operator took some in: <sha256>.csv as they came, <sha256>.json
                     what is known of them. They are no part of the log, and nothing proves what they say
  logs/<year>/       the log of that year: every entry (tile/entries), its hash tree (tile/0, tile/1, …), its signed
                     head (checkpoint) and older signed heads (history)
                     If others vouch for it: the proof that its head stands in the operator's log of heads, with
                     what witnesses signed of that one (heads.tlog-proof), and time-stamps of such heads (anchors)
  policy             the public keys that signed, and the witnesses
  tsa.pem            the certificates that the time-stamps descend from, if there are any
  manifest.json      the SHA-256 of every file, signed

WHAT IT PROVES

Each line of a log stands for one decision, or one event such as the publication of a notice. It holds no personal
data: only two commitments, that is SHA-256 values over a random salt and the cleartext. The lines are the leaves of a
hash tree, and the root of that tree is signed. So nobody, the operator included, can change, drop, insert or re-order
a line without another root; and whoever holds an older signed head, or a visitor's receipt, can show it.

An operator who controls the key could write a whole new log. Compare what you have with a copy that the operator
could not reach: a visitor's receipt, or a head that you kept from an earlier audit (--receipt, --checkpoint).
Compare the keys in "policy" with the ones that you were told by another way.

HOW TO CHECK IT

With this project's program:

  consent verify THIS-FILE.zip [--checkpoint FILE]... [--receipt FILE]...

With others' (unpack first):

  Files       sha256 of each file, as base64url without padding, against manifest.json
  Signature   "checkpoint" is a C2SP signed note (Ed25519): golang.org/x/mod/sumdb/note opens it with a key of "policy"
  Tree        RFC 6962 over the entries in tile/entries (each: two bytes of length, big endian, then the entry):
              golang.org/x/mod/sumdb/tlog, or pymerkle, compute the root that "checkpoint" has in its third line
  Heads       heads.tlog-proof is a C2SP tlog-proof: its extra line, from base64, is an entry of the heads log and names
              a root and a size of this log; its hashes lead to the checkpoint at its end (x/mod's tlog.CheckRecord)
  Witnesses   lines under that checkpoint, checked with the "witness" keys of "policy" (C2SP tlog-cosignature). After
              four bytes of hint, the base64 has eight of time, big endian, then an Ed25519 signature over
              "cosignature/v1", "time <seconds>" and the checkpoint up to its empty line, a line feed after each. A
              note.Verifier of thirty lines does it in Go.
  Time        openssl ts -verify -data anchors/N.checkpoint -in anchors/N.tsr -CAfile tsa.pem
              (take the root from the service itself rather than from here). anchors/N.tlog-proof shows, as above,
              how long this log was then: entries from that size on are not older, those below are not younger
  Opening     SHA-256( "consent-log/v1/" + part + one zero byte + salt + data ), base64url without padding, where part
              is "subject" or "decision": it has to be the value in the entry with that index
  Notice      SHA-256 of notices/<id>.json, base64url without padding, is <id>
  Script      SHA-256 of scripts/<sha256>.js, base64url without padding, is its name, and "script" in the notice
  Shown       the sum of "shown" over the "tally" entries that name a notice, beside the decisions that name it; entries
              for the same hour add up
"#;

pub(super) fn text(cut: &Cut<'_>) -> String {
    let logs: Vec<_> = cut
        .heads
        .iter()
        .map(|(log, head)| {
            let (origin, signed, there) = (&head.checkpoint().origin, head.checkpoint().size, cut.size(log, head));
            if there < signed {
                format!("Log {origin} had {signed} entries, of which the first {there} are left; a later log says so.")
            } else {
                format!("Log {origin} has {there} entries.")
            }
        })
        .collect();
    let edge = |time: Option<u64>, open: &str| time.map_or_else(|| open.to_owned(), rfc3339);
    let (from, to) = (edge(cut.period.from, "the beginning"), edge(cut.period.to, "the end"));
    let period = format!("The openings and the spreadsheet are those from {from} to {to}.");
    let text = TEXT.replace("{site}", cut.site.as_str());
    text.replace("{logs}", &logs.join(" ")).replace("{period}", &period)
}
