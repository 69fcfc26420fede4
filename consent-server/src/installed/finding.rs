//! What can be wrong with how the script is in a page, in words, each with what to do.

use super::fetch::Failure;

/// One thing that is wrong, or that should be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// What was sent is no address.
    NoAddress,
    /// The address is none of the site's.
    ForeignOrigin {
        origin: String,
        listed: Vec<String>,
    },
    /// The page can not be had.
    NoPage(Failure),
    NotHtml,
    /// It is larger, or stranger, than what is read.
    Unreadable,
    /// There is no such script.
    Missing,
    /// It is one of another site.
    OtherSite(String),
    /// Others run before it.
    NotFirst(Vec<String>),
    /// It stands behind `<body>`.
    InBody,
    /// With these attributes browsers run it later.
    Late(Vec<&'static str>),
    /// A browser does not run something of this type.
    NoScript(String),
    /// It is not loaded, by this directive.
    Blocked(String),
    /// What is chosen can not be sent, by this directive.
    Unsent(String),
    /// Another text than any that is sent now.
    Integrity(String),
    /// Browsers check the hash of another origin's script only if it is asked for in a certain way.
    NoCrossorigin,
    /// Decisions made in this page are refused.
    Refused {
        origin: String,
    },
    /// The script can not be had.
    NoScriptThere {
        at: String,
        why: Failure,
    },
    /// There is something else.
    OtherThere {
        at: String,
    },
    /// A page of `https` does not load one of `http`.
    Mixed {
        at: String,
    },
    /// Safari keeps the cookie for seven days.
    Capped {
        page: String,
        script: String,
    },
    /// Perhaps it does.
    PerhapsCapped {
        script: String,
    },
}

impl Finding {
    /// Whether visitors are not asked, or not believed, because of it; the rest is good to know.
    pub(crate) const fn is_problem(&self) -> bool {
        !matches!(self, Self::Capped { .. } | Self::PerhapsCapped { .. })
    }

    /// What is wrong.
    pub(crate) fn said(&self) -> String {
        match self {
            Self::NoAddress => "This is no address of a page.".to_owned(),
            Self::ForeignOrigin { origin, listed } if listed.is_empty() => {
                format!("The config does not say that {origin} has pages of this site.")
            }
            Self::ForeignOrigin { origin, listed } => format!(
                "Wrong origin: {origin} is not among those of this site ({}), so what visitors decide there is refused.",
                listed.join(", ")
            ),
            Self::NoPage(why) => format!("The page can not be had: {}.", why.words()),
            Self::NotHtml => "What is at this address does not say that it is HTML.".to_owned(),
            Self::Unreadable => "The page can not be read: it has more scripts, or longer tags, than any should.".to_owned(),
            Self::Missing => "The script is not in the page.".to_owned(),
            Self::OtherSite(id) => format!("The script in the page is that of another site: {}.", cut(id)),
            Self::NotFirst(before) => format!("The script is not the first. Before it stands: {}.", before.join("; ")),
            Self::InBody => "The script stands in <body>, and not in <head>.".to_owned(),
            Self::Late(with) => format!("The script has {}, so others may run before it.", with.join(" and ")),
            Self::NoScript(kind) => format!("The script has type=\"{}\": browsers do not run it.", cut(kind)),
            Self::Blocked(by) => format!("The page's own content policy keeps the script out: {}", cut(by)),
            Self::Unsent(by) => {
                format!("The page's own content policy does not let the script send what was chosen: {}", cut(by))
            }
            Self::Integrity(hash) => {
                format!("The hash in the page is not that of any script that is sent now: {}", cut(hash))
            }
            Self::NoCrossorigin => {
                "The script has a hash and comes from another origin, but the line has no crossorigin: browsers do not run it."
                    .to_owned()
            }
            Self::Refused { origin } => {
                format!("The script comes from another origin, and the config does not list {origin}: what visitors decide is refused.")
            }
            Self::NoScriptThere { at, why } => {
                format!("The script can not be had at {}: {}.", cut(at), why.words())
            }
            Self::OtherThere { at } => format!("At {} there is something that is no script.", cut(at)),
            Self::Mixed { at } => format!("The page is encrypted and the script is not ({}): browsers do not load it.", cut(at)),
            Self::Capped { page, script } => format!(
                "Safari keeps the cookie for seven days: the script comes from {script}, and not from {page} itself."
            ),
            Self::PerhapsCapped { script } => format!(
                "Safari may keep the cookie for seven days: if {script} is but a name (CNAME) for a host of somebody else, which can not be seen from here."
            ),
        }
    }

    /// What to do.
    pub(crate) const fn todo(&self) -> &'static str {
        match self {
            Self::NoAddress => "Write one as browsers show it, with https:// before it.",
            Self::ForeignOrigin { .. } => {
                "Take the address of a page of the site; or add its origin to `origins` under this [[site]], and try again."
            }
            Self::NoPage(why) => why.todo(),
            Self::NotHtml => "Take the address of a page; or have your server say Content-Type: text/html.",
            Self::Unreadable => "Take the address of another page with the same <head>.",
            Self::Missing => {
                "Put the line above into <head>, before every other script. If a script of yours adds it, put it into the page itself: \
                 what others set before that is not held back."
            }
            Self::OtherSite(_) => "Take the line above, which has this site's id.",
            Self::NotFirst(_) => "Move the line before them: what runs before it is not held back.",
            Self::InBody => "Move the line into <head>, as its first script.",
            Self::Late(_) => {
                "Leave these attributes out. The script is small, and has to be there before the others."
            }
            Self::NoScript(_) => "Leave the type out.",
            Self::Blocked(_) => {
                "Add the script's origin to the directive; or, if it goes by nonces, the page's nonce to the line."
            }
            Self::Unsent(_) => "Add the script's origin to the directive.",
            Self::Integrity(_) => {
                "Take the line with the hash from above, whenever a notice has changed; or leave the hash out."
            }
            Self::NoCrossorigin => "Write crossorigin=\"anonymous\" beside the hash.",
            Self::Refused { .. } => {
                "Add the page's origin to `origins` under this [[site]]; or serve the script below a path of the page's own host, with the lines below."
            }
            Self::NoScriptThere { why, .. } => why.todo(),
            Self::OtherThere { .. } => {
                "Have your proxy pass /v1/sites/ on to this server, before it answers with a page of its own."
            }
            Self::Mixed { .. } => "Write the script's address with https://, or without a host.",
            Self::Capped { .. } | Self::PerhapsCapped { .. } => {
                "Serve the script below a path of the page's own host, with the lines below."
            }
        }
    }
}

impl Failure {
    fn words(&self) -> String {
        match self {
            Self::NoHost => "there is no host of that name".to_owned(),
            Self::Inside => "its name leads into a private network".to_owned(),
            Self::NoAnswer => "nobody answers there as a server of pages does".to_owned(),
            Self::TooSlow => "it takes longer than ten seconds".to_owned(),
            Self::Untrusted => {
                "its certificate is not valid for that name, or not one that is trusted (TLS)".to_owned()
            }
            Self::Status(status) => format!("the answer is {status}"),
            Self::TooLong => "it is larger than 2 MiB".to_owned(),
            Self::Elsewhere(origin) => format!("it leads to another origin, {}", cut(origin)),
            Self::Circle => "it leads on more than five times".to_owned(),
        }
    }

    const fn todo(&self) -> &'static str {
        match self {
            Self::NoHost => "Look at the name, and at its entry in the DNS as this server sees it.",
            Self::Inside => {
                "Nothing inside a network is asked for, unless `origins` lists that very host. Add it, or look at its entry in the DNS."
            }
            Self::NoAnswer => "Look whether the web server runs, and whether this server may reach it.",
            Self::TooSlow => {
                "Try again; look at what keeps the web server busy, or between it and this server."
            }
            Self::Untrusted => "Have the web server send a valid certificate, with those in between.",
            Self::Status(_) => {
                "Take an address that everybody sees without signing in; look at the web server's log."
            }
            Self::TooLong => "Take a smaller page with the same <head>.",
            Self::Elsewhere(_) => "Check the address that it leads to.",
            Self::Circle => "Take the address at which it ends.",
        }
    }
}

/// As much of a text of strangers as is shown.
pub(super) fn cut(text: &str) -> String {
    const MOST: usize = 160;
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST).chain("…".chars()).collect() }
}
