//! What the console shows: pages as values, and templates that are compiled in. Nothing here knows of requests.
//!
//! Templates escape what is put into them. Pages have no script and no style but one sheet, and are sent with a policy that says so.

mod alert;
mod bundle;
mod chart;
mod declared;
mod leaks;
mod overview;
mod paging;
mod preview;
mod prove;
mod story;
mod table;
mod trail;
mod witnesses;

use askama::Template;

pub(crate) use self::alert::Alert;
pub(crate) use self::bundle::{BundleLine, BundleState, BundlesPage, KeptBundle};
pub(crate) use self::declared::{DeclarationPage, DeclaredItem, DeclaredSection, LeaksShown};
pub(crate) use self::leaks::{Leaks, MOST_BYTES as LEAKS_BYTES};
pub(crate) use self::overview::{Counted, Overview};
pub(crate) use self::paging::Paging;
pub(crate) use self::preview::{PreviewPage, Switches, Tried, one_of};
pub(crate) use self::prove::{ByHandPage, LogLine, ProvePage, Running};
pub(crate) use self::story::{Item, ProofLine, Story, Subject, Under, moment};
pub(crate) use self::trail::{Doing, TrailPage};
pub(crate) use self::witnesses::{Vouched, WitnessLine, Witnessed};

/// The one style sheet.
pub(crate) const STYLE: &str = include_str!("style.css");

/// A site, as navigation names it.
#[derive(Clone, Debug)]
pub(crate) struct SiteLink {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// What all pages have around them.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) title: &'static str,
    /// The site that the page is about.
    pub(crate) site: Option<SiteLink>,
    /// All that the visitor may see.
    pub(crate) sites: Vec<SiteLink>,
    /// Which page of the site it is, as in its address.
    pub(crate) here: &'static str,
    /// `operator` or `auditor`.
    pub(crate) role: &'static str,
    /// Whether they may see what was done on all sites.
    pub(crate) sees_trail: bool,
    /// What forms send along.
    pub(crate) form_token: String,
}

impl Frame {
    /// The pages of a site, in the order of the navigation.
    const PAGES: [(&'static str, &'static str); 7] = [
        ("", "Overview"),
        ("find", "Find"),
        ("prove", "Prove"),
        ("notices", "Notices"),
        ("preview", "Preview"),
        ("declaration", "Declaration"),
        ("install", "Install"),
    ];

    fn pages(&self) -> [(&'static str, &'static str); 7] {
        Self::PAGES
    }

    fn is_operator(&self) -> bool {
        self.role == "operator"
    }
}

/// Where one signs in.
#[derive(Template)]
#[template(path = "console/sign_in.html")]
pub(crate) struct SignIn<'a> {
    /// What the button for OpenID Connect calls the provider.
    pub(crate) openid: Option<&'a str>,
    pub(crate) said: Said,
}

/// What is said where one signs in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Said {
    Nothing,
    /// Signed out here, and perhaps not at the provider.
    SignedOut,
    /// What was wrong with the token.
    NoToken(&'static str),
    /// What else was wrong.
    Wrong(&'static str),
}

/// All sites.
#[derive(Template)]
#[template(path = "console/sites.html")]
pub(crate) struct SitesPage {
    pub(crate) frame: Frame,
    /// The later ones of very many without figures.
    pub(crate) sites: Vec<(SiteLink, Option<Overview>)>,
}

/// One site over time.
#[derive(Template)]
#[template(path = "console/overview.html")]
pub(crate) struct OverviewPage {
    pub(crate) frame: Frame,
    pub(crate) overview: Overview,
}

/// Where one looks for a subject.
#[derive(Template)]
#[template(path = "console/find.html")]
pub(crate) struct FindPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    /// What was looked for and not found.
    pub(crate) problem: Option<&'static str>,
}

/// All that one subject decided.
#[derive(Template)]
#[template(path = "console/story.html")]
pub(crate) struct StoryPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    pub(crate) story: Story,
}

/// A notice in the list of them.
#[derive(Clone, Debug)]
pub(crate) struct NoticeLine {
    pub(crate) id: String,
    pub(crate) language: String,
    pub(crate) region: String,
    /// When a log first named it, if that is known.
    pub(crate) since: Option<String>,
    pub(crate) is_in_force: bool,
    pub(crate) waivers: usize,
}

impl NoticeLine {
    fn short_id(&self) -> &str {
        short(&self.id)
    }
}

/// As much of an id as tells notices apart for people: what cookies hold too.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// All notices of a site.
#[derive(Template)]
#[template(path = "console/notices.html")]
pub(crate) struct NoticesPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    /// Those of this page.
    pub(crate) notices: Vec<NoticeLine>,
    pub(crate) paging: Paging,
}

/// One notice, as it was shown.
#[derive(Template)]
#[template(path = "console/notice.html")]
pub(crate) struct NoticePage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    pub(crate) notice: NoticeLine,
    /// What was waived, by whom and why.
    pub(crate) waivers: Vec<String>,
    /// What an exemption for measuring the audience rests on.
    pub(crate) measured: Option<String>,
    /// What was shown in the other languages at its place: region and time.
    pub(crate) languages: Vec<NoticeLine>,
    /// In pixels, or `full`.
    pub(crate) width: &'static str,
    /// The others in its language, newest first.
    pub(crate) others: Vec<NoticeLine>,
    pub(crate) against: Option<Against>,
}

impl NoticePage {
    fn widths(&self) -> [(&'static str, &'static str); 3] {
        Switches::WIDTHS
    }
}

/// What is different from another notice.
#[derive(Clone, Debug)]
pub(crate) struct Against {
    /// The other one.
    pub(crate) id: String,
    /// The categories about which who chose under it is asked again.
    pub(crate) asked: Vec<&'static str>,
    /// Each difference, and whether it asks.
    pub(crate) changes: Vec<(String, bool)>,
}

impl Against {
    fn short_id(&self) -> &str {
        short(&self.id)
    }
}

/// How a site is installed.
#[derive(Template)]
#[template(path = "console/install.html")]
pub(crate) struct InstallPage {
    pub(crate) frame: Frame,
    pub(crate) embed: String,
    pub(crate) with_integrity: String,
    pub(crate) nginx: String,
    pub(crate) caddy: String,
    pub(crate) site: String,
    pub(crate) check: Option<Checked>,
}

/// What came of asking for a page of the site.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// What was asked for, as it was sent.
    pub(crate) address: String,
    /// What to know of it.
    pub(crate) lines: Vec<CheckLine>,
}

/// One thing about a page, and what to do about it.
#[derive(Clone, Debug)]
pub(crate) struct CheckLine {
    pub(crate) is_problem: bool,
    pub(crate) said: String,
    pub(crate) todo: &'static str,
}

impl Checked {
    fn holds(&self) -> bool {
        !self.lines.iter().any(|line| line.is_problem)
    }
}

/// Leads on by itself, once somebody is signed in who came from another site.
#[derive(Template)]
#[template(path = "console/opened.html")]
pub(crate) struct OpenedPage<'a> {
    /// Where to.
    pub(crate) to: &'a str,
}

/// The sessions of one token, or of one person.
#[derive(Template)]
#[template(path = "console/sessions.html")]
pub(crate) struct SessionsPage {
    pub(crate) frame: Frame,
    /// Whether it is a person's, and not a token's.
    pub(crate) is_person: bool,
    /// What the trail calls them.
    pub(crate) name: String,
    pub(crate) sessions: Vec<SessionLine>,
}

/// One session in the list of them.
#[derive(Clone, Debug)]
pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) began: String,
    pub(crate) used: String,
    pub(crate) is_this: bool,
}

/// Something went wrong, said on a page.
#[derive(Template)]
#[template(path = "console/problem.html")]
pub(crate) struct ProblemPage {
    pub(crate) title: &'static str,
    pub(crate) detail: String,
}
