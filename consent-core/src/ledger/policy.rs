//! Which keys an auditor trusts, and which witnesses have to cosign (C2SP tlog-policy).
//!
//! ```
//! use consent_core::ledger::policy::{Policy, PolicyLog, PolicyWitness, Threshold};
//! use std::collections::BTreeSet;
//!
//! # let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse()?;
//! # let vkey = "witness.example/1+7d1d6645+BBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh".to_owned();
//! let witnesses = [
//!     PolicyWitness { name: "ours".to_owned(), vkey, url: None },
//!     PolicyWitness { name: "later".to_owned(), vkey: "w+00000000+Zm9v".to_owned(), url: None },
//! ];
//! let policy = Policy::of_logs([PolicyLog { key, url: None }])?.with_witnesses(witnesses, Some(Threshold::Any))?;
//! assert_eq!(policy.keys().len(), 1);
//! let keys = policy.witnesses().iter().map(PolicyWitness::key);
//! assert_eq!(keys.map(|key| key.is_some()).collect::<Vec<_>>(), [true, false], "of a type that is not known yet");
//!
//! assert_eq!(policy.quorum(), Some("all-witnesses"));
//! assert!(policy.is_met_by(&BTreeSet::from(["later"])) && !policy.is_met_by(&BTreeSet::new()));
//! assert_eq!(Policy::parse(policy.to_string().as_bytes())?, policy);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeSet;
use std::fmt;

use super::cosignature::WitnessKey;
use super::key::{KeyError, VerifierKey};

/// The most bytes of a policy.
///
/// ```
/// use consent_core::ledger::policy::{MAX_ITEMS, MAX_POLICY_BYTES, Policy, PolicyError};
///
/// assert_eq!(Policy::parse(&[b'\n'; MAX_POLICY_BYTES + 1]), Err(PolicyError::TooLong));
/// let line = |n: usize| format!("witness w{n} w{n}+0{n}+k\n");
/// let crowd: String = (0..=MAX_ITEMS).map(line).chain(["quorum none\n".to_owned()]).collect();
/// assert_eq!(Policy::parse(crowd.as_bytes()), Err(PolicyError::TooLong));
/// ```
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// The most logs, witnesses and groups, each. The specification asks for at least 32.
pub const MAX_ITEMS: usize = 128;

/// The name of the quorum that asks for no cosignature.
const NONE: &str = "none";

/// The name of the group that [`Policy::with_witnesses`] makes.
const GROUP: &str = "all-witnesses";

/// A log that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, whose name is the log's origin.
    pub key: VerifierKey,
    /// Where it can be read.
    pub url: Option<String>,
}

/// A witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name within the policy.
    pub name: String,
    /// Its key, as text: [`PolicyWitness::key`] reads it.
    pub vkey: String,
    /// Where it can be reached.
    pub url: Option<String>,
}

impl PolicyWitness {
    /// Its key; `None` if it is of a type that this program can not check.
    #[must_use]
    pub fn key(&self) -> Option<WitnessKey> {
        self.vkey.parse().ok()
    }
}

/// How many members of a group have to cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// Every one.
    All,
    /// One of them.
    Any,
    /// At least as many.
    Count(u32),
}

/// A group of witnesses and groups.
///
/// ```
/// use consent_core::ledger::policy::{Policy, PolicyGroup, Threshold};
/// use std::collections::BTreeSet;
///
/// let members = ["a", "b", "c"].map(str::to_owned).to_vec();
/// let group = PolicyGroup { name: "two-of-three".to_owned(), threshold: Threshold::Count(2), members };
/// // As a policy says it, behind its witnesses.
/// let mut text: String = group.members.iter().map(|name| format!("witness {name} {name}+00000000+Zm9v\n")).collect();
/// text += &format!("group {} 2 {}\nquorum {0}\n", group.name, group.members.join(" "));
/// let policy = Policy::parse(text.as_bytes())?;
/// assert!(policy.is_met_by(&BTreeSet::from(["a", "c"])) && !policy.is_met_by(&BTreeSet::from(["b"])));
/// # Ok::<(), consent_core::ledger::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyGroup {
    /// Its name within the policy.
    pub name: String,
    /// How many members have to cosign.
    pub threshold: Threshold,
    /// Names of witnesses and groups.
    pub members: Vec<String>,
}

/// Trusted logs, and the witnesses that have to cosign their checkpoints.
///
/// ```
/// use consent_core::ledger::policy::Policy;
///
/// let text = "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n";
/// let policy = Policy::parse(text.as_bytes())?;
/// assert_eq!(policy.logs()[0].key.name(), "example.com/foo");
/// assert_eq!(policy.to_string(), text);
/// # Ok::<(), consent_core::ledger::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<PolicyGroup>,
    quorum: Option<String>,
}

/// Why a text is no policy. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Longer than [`MAX_POLICY_BYTES`], or more than [`MAX_ITEMS`] of a kind.
    #[error("policy: too long")]
    TooLong,
    /// Not UTF-8, a control character, or a last line without a line feed.
    #[error("policy: not lines of text")]
    NotText,
    /// A line begins with an unknown word, or has too few or too many items.
    #[error("policy: line {line} is not understood")]
    Line {
        /// Which line.
        line: usize,
    },
    /// The key of a log is none.
    #[error("policy: line {line}: {cause}")]
    Key {
        /// Which line.
        line: usize,
        /// What is wrong with it.
        cause: KeyError,
    },
    /// A key or name that an earlier line has.
    #[error("policy: line {line} repeats a key, a name or a member")]
    Repeated {
        /// Which line.
        line: usize,
    },
    /// A name that no earlier line defines.
    #[error("policy: line {line} uses a name that no line before it defines")]
    UnknownName {
        /// Which line.
        line: usize,
    },
    /// The threshold of a group is 0, more than its members, or no number.
    #[error("policy: line {line} has an impossible threshold")]
    Threshold {
        /// Which line.
        line: usize,
    },
    /// There is no line with the quorum.
    #[error("policy: no quorum line")]
    NoQuorum,
}

impl Policy {
    /// The policy that trusts these logs without witnesses.
    ///
    /// # Errors
    /// [`PolicyError::Repeated`] if two have the same public key, whatever their names.
    pub fn of_logs(logs: impl IntoIterator<Item = PolicyLog>) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        for (line, log) in (1..).zip(logs) {
            policy.add_log(log, line)?;
        }
        Ok(policy)
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// See [`PolicyError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(PolicyError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| PolicyError::NotText)?;
        let control = |byte: u8| (byte < 0x20 && byte != b'\n' && byte != b'\t') || byte == 0x7f;
        if text.bytes().any(control) {
            return Err(PolicyError::NotText);
        }
        let text = text.strip_suffix('\n').ok_or(PolicyError::NotText)?;
        let mut policy = Self::default();
        // Names that may still be used, and those that a group or the quorum took: each counts once.
        let mut names = Names::default();
        let mut quorum_seen = false;
        for (line, text) in (1..).zip(text.split('\n')) {
            let items: Vec<&str> = text.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
            match items.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["log", key, url @ ..] if url.len() <= 1 => {
                    let key = key.parse().map_err(|cause| PolicyError::Key { line, cause })?;
                    policy.add_log(PolicyLog { key, url: first_of(url) }, line)?;
                }
                ["witness", name, key, url @ ..] if url.len() <= 1 => {
                    names.define(name, line)?;
                    let witness = PolicyWitness {
                        name: (*name).to_owned(),
                        vkey: (*key).to_owned(),
                        url: first_of(url),
                    };
                    policy.add_witness(witness, line)?;
                }
                ["group", name, threshold, members @ ..] if !members.is_empty() => {
                    let group = names.group(name, threshold, members, line)?;
                    policy.groups.push(group);
                    if policy.groups.len() > MAX_ITEMS {
                        return Err(PolicyError::TooLong);
                    }
                }
                ["quorum", name] if !quorum_seen => {
                    quorum_seen = true;
                    if *name != NONE {
                        if !names.defined.contains(*name) {
                            return Err(PolicyError::UnknownName { line });
                        }
                        policy.quorum = Some((*name).to_owned());
                    }
                }
                _ => return Err(PolicyError::Line { line }),
            }
        }
        if quorum_seen { Ok(policy) } else { Err(PolicyError::NoQuorum) }
    }

    /// The logs that are trusted.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The keys of the logs that are trusted.
    #[must_use]
    pub fn keys(&self) -> Vec<VerifierKey> {
        self.logs.iter().map(|log| log.key.clone()).collect()
    }

    /// The witnesses, in the order of the policy.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Adds witnesses, of which `threshold` have to cosign; `None` asks for no cosignature.
    ///
    /// # Errors
    /// [`PolicyError::Repeated`] if a name or key is there twice, [`PolicyError::Threshold`] if it can not be met.
    pub fn with_witnesses(
        mut self,
        witnesses: impl IntoIterator<Item = PolicyWitness>,
        threshold: Option<Threshold>,
    ) -> Result<Self, PolicyError> {
        for (line, witness) in (1..).zip(witnesses) {
            self.add_witness(witness, line)?;
        }
        if let Some(threshold) = threshold {
            let members = self.witnesses.iter().map(|witness| witness.name.clone()).collect();
            self.groups.push(PolicyGroup { name: GROUP.to_owned(), threshold, members });
            self.quorum = Some(GROUP.to_owned());
        }
        // Reading it back finds what a rule of the format forbids.
        Self::parse(self.to_string().as_bytes())
    }

    /// Whether the quorum is met when exactly these witnesses, by their name in the policy, have cosigned.
    #[must_use]
    pub fn is_met_by(&self, cosigned: &BTreeSet<&str>) -> bool {
        let Some(quorum) = &self.quorum else { return true };
        let mut met = cosigned.clone();
        // A group names only what stands before it, so one pass in this order settles all of them.
        for group in &self.groups {
            let count = group.members.iter().filter(|member| met.contains(member.as_str())).count();
            let needed = match group.threshold {
                Threshold::All => group.members.len(),
                Threshold::Any => 1,
                Threshold::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            };
            // What is asked about is only the witnesses: a group's own name can not be claimed.
            met.remove(group.name.as_str());
            if count >= needed {
                met.insert(&group.name);
            }
        }
        met.contains(quorum.as_str())
    }

    /// The witness or group that has to cosign; `None` for `quorum none`.
    #[must_use]
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_deref()
    }

    fn add_log(&mut self, log: PolicyLog, line: usize) -> Result<(), PolicyError> {
        if self.logs.iter().any(|known| known.key.public() == log.key.public()) {
            return Err(PolicyError::Repeated { line });
        }
        self.logs.push(log);
        if self.logs.len() > MAX_ITEMS { Err(PolicyError::TooLong) } else { Ok(()) }
    }

    fn add_witness(&mut self, witness: PolicyWitness, line: usize) -> Result<(), PolicyError> {
        // The part after the last `+` that is not of the base64 is what two texts of one key share; whole texts suffice
        // to refuse the same line twice, which is all that can be told about keys of unknown types.
        if self.witnesses.iter().any(|known| known.vkey == witness.vkey) {
            return Err(PolicyError::Repeated { line });
        }
        if witness.vkey.splitn(3, '+').filter(|part| !part.is_empty()).count() != 3 {
            return Err(PolicyError::Key { line, cause: KeyError::Form });
        }
        self.witnesses.push(witness);
        if self.witnesses.len() > MAX_ITEMS { Err(PolicyError::TooLong) } else { Ok(()) }
    }
}

fn first_of(items: &[&str]) -> Option<String> {
    items.first().map(|item| (*item).to_owned())
}

#[derive(Default)]
struct Names {
    defined: BTreeSet<String>,
    taken: BTreeSet<String>,
}

impl Names {
    fn define(&mut self, name: &str, line: usize) -> Result<(), PolicyError> {
        if name == NONE || !self.defined.insert(name.to_owned()) {
            return Err(PolicyError::Repeated { line });
        }
        Ok(())
    }

    fn group(
        &mut self,
        name: &str,
        threshold: &str,
        members: &[&str],
        line: usize,
    ) -> Result<PolicyGroup, PolicyError> {
        for member in members {
            if !self.defined.contains(*member) {
                return Err(PolicyError::UnknownName { line });
            }
            if !self.taken.insert((*member).to_owned()) {
                return Err(PolicyError::Repeated { line });
            }
        }
        self.define(name, line)?;
        let threshold = match threshold {
            "all" => Threshold::All,
            "any" => Threshold::Any,
            number => {
                let count = super::checkpoint::parse_decimal(number)
                    .and_then(|count| u32::try_from(count).ok())
                    .filter(|&count| {
                        count > 0 && usize::try_from(count).is_ok_and(|count| count <= members.len())
                    });
                Threshold::Count(count.ok_or(PolicyError::Threshold { line })?)
            }
        };
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        Ok(PolicyGroup { name: name.to_owned(), threshold, members })
    }
}

/// The policy without comments and empty lines: logs, witnesses, groups, quorum.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |url: &Option<String>| url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
        for log in &self.logs {
            writeln!(f, "log {}{}", log.key, url(&log.url))?;
        }
        for witness in &self.witnesses {
            writeln!(f, "witness {} {}{}", witness.name, witness.vkey, url(&witness.url))?;
        }
        for group in &self.groups {
            let threshold = match group.threshold {
                Threshold::All => "all".to_owned(),
                Threshold::Any => "any".to_owned(),
                Threshold::Count(count) => count.to_string(),
            };
            writeln!(f, "group {} {threshold} {}", group.name, group.members.join(" "))?;
        }
        writeln!(f, "quorum {}", self.quorum.as_deref().unwrap_or(NONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn reads_the_example_of_the_specification() {
        let text = format!(
            "# who we trust\n log\t{KEY}  https://example.com/ \n\nwitness X1 a+1+k\nwitness X2 b+1+k\nwitness Y1 c+1+k u\n\
             group X-witnesses 2 X1 X2\ngroup Y-witnesses any Y1\ngroup X-and-Y all X-witnesses Y-witnesses\n\
             quorum X-and-Y\n"
        );
        let policy = Policy::parse(text.as_bytes()).unwrap();
        assert_eq!(policy.quorum(), Some("X-and-Y"));
        assert_eq!(policy.logs()[0].url.as_deref(), Some("https://example.com/"));
        assert_eq!(Policy::parse(policy.to_string().as_bytes()), Ok(policy));
    }

    #[test]
    fn a_quorum_is_met_by_enough_of_the_right_ones() {
        let text = "witness a a+1+k\nwitness b b+1+k\nwitness c c+1+k\nwitness d d+1+k\n\
                    group two 2 a b c\ngroup both all two d\n";
        let met = |quorum: &str, names: &[&'static str]| {
            let policy = Policy::parse(format!("{text}quorum {quorum}\n").as_bytes()).unwrap();
            policy.is_met_by(&names.iter().copied().collect())
        };
        assert!(met("none", &[]));
        assert!(met("a", &["a"]) && !met("a", &["b", "c", "d"]));
        assert!(met("two", &["a", "c"]) && met("two", &["a", "b", "c"]) && !met("two", &["a", "d"]));
        assert!(met("both", &["b", "c", "d"]) && !met("both", &["a", "b", "c"]) && !met("both", &["a", "d"]));
        // The name of a group is no witness.
        assert!(!met("two", &["two"]) && !met("both", &["two", "d"]));
    }

    #[test]
    fn the_policy_of_a_server_names_its_witnesses_and_how_many_must_sign() {
        let witness =
            |name: &str| PolicyWitness { name: name.into(), vkey: format!("{name}+1+k"), url: None };
        let logs = || Policy::of_logs([PolicyLog { key: KEY.parse().unwrap(), url: None }]).unwrap();
        let both = [witness("a"), witness("b")];
        let text =
            |threshold| logs().with_witnesses(both.clone(), threshold).map(|policy| policy.to_string());
        assert!(text(None).unwrap().ends_with("witness b b+1+k\nquorum none\n"));
        let two = "group all-witnesses 2 a b\nquorum all-witnesses\n";
        assert!(text(Some(Threshold::Count(2))).unwrap().ends_with(two));
        assert!(text(Some(Threshold::Count(3))).is_err());
        assert!(logs().with_witnesses([witness("a"), witness("a")], None).is_err());
        assert_eq!(logs().with_witnesses([], None).unwrap(), logs());
    }

    #[test]
    fn refuses_with_the_cause_and_the_line() {
        let line = 2;
        for (text, cause) in [
            (String::new(), PolicyError::NotText),
            ("quorum none".into(), PolicyError::NotText),
            ("quorum none\r\n".into(), PolicyError::NotText),
            (format!("log {KEY}\n"), PolicyError::NoQuorum),
            (format!("log {KEY}\nlog {KEY}\nquorum none\n"), PolicyError::Repeated { line }),
            ("quorum none\nquorum none\n".into(), PolicyError::Line { line }),
            ("\nquorum x\n".into(), PolicyError::UnknownName { line }),
            ("\nlog x\n".into(), PolicyError::Key { line, cause: KeyError::Form }),
            ("\nLog x\n".into(), PolicyError::Line { line }),
            ("\nwitness none a+1+k\n".into(), PolicyError::Repeated { line }),
            ("witness a a+1+k\nwitness b a+1+k\n".into(), PolicyError::Repeated { line }),
            ("witness a a+1+k\ngroup g 2 a\n".into(), PolicyError::Threshold { line }),
            ("witness a a+1+k\ngroup g 0 a\n".into(), PolicyError::Threshold { line }),
            ("witness a a+1+k\ngroup g all a a\n".into(), PolicyError::Repeated { line }),
            ("witness a a+1+k\ngroup g all g\n".into(), PolicyError::UnknownName { line }),
        ] {
            assert_eq!(Policy::parse(text.as_bytes()), Err(cause), "{text}");
        }
        assert_eq!(Policy::parse(&vec![b'\n'; MAX_POLICY_BYTES + 1]), Err(PolicyError::TooLong));
    }
}
