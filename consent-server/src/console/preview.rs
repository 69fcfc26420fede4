//! What a config would show, in every way in which visitors may meet it.

use askama::Template;

use super::Frame;

/// How the banner is looked at. All of it is one of what there is to choose from.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    pub(crate) languages: Vec<String>,
    /// The regions that the site tells from others.
    pub(crate) regions: Vec<String>,
    pub(crate) language: String,
    pub(crate) region: String,
    pub(crate) theme: &'static str,
    /// Whether the browser objects.
    pub(crate) gpc: bool,
    /// In pixels, or `full`.
    pub(crate) width: &'static str,
}

impl Switches {
    pub(crate) const THEMES: [(&'static str, &'static str); 3] =
        [("auto", "As this browser"), ("light", "Light"), ("dark", "Dark")];
    pub(crate) const WIDTHS: [(&'static str, &'static str); 3] =
        [("full", "As wide as this page"), ("360", "360 pixels"), ("768", "768 pixels")];

    fn themes(&self) -> [(&'static str, &'static str); 3] {
        Self::THEMES
    }

    fn widths(&self) -> [(&'static str, &'static str); 3] {
        Self::WIDTHS
    }

    /// As the address of what is drawn has them.
    fn query(&self) -> String {
        let gpc = if self.gpc { "&gpc=on" } else { "" };
        format!("language={}&region={}&theme={}{gpc}", self.language, self.region, self.theme)
    }
}

/// The one that is wanted, of what there is to choose from with its words; the first where something else is.
pub(crate) fn one_of(all: [(&'static str, &'static str); 3], wanted: &str) -> &'static str {
    let [(usual, _), ..] = all;
    all.iter().find(|(known, _)| *known == wanted).map_or(usual, |(known, _)| known)
}

/// A config that somebody tries.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) text: String,
    /// Whether it makes a banner of this site.
    pub(crate) is_shown: bool,
    /// Why not, if its findings do not say it.
    pub(crate) problem: Option<String>,
}

/// The banner that a config makes, and what is said of that config.
#[derive(Template)]
#[template(path = "console/preview.html")]
pub(crate) struct PreviewPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    pub(crate) switches: Switches,
    /// As `consent check` prints them; nothing if there is none.
    pub(crate) findings: String,
    /// Whether this visitor may not see those about the config as a whole.
    pub(crate) are_some_hidden: bool,
    /// What was waived, by whom and why.
    pub(crate) waivers: Vec<String>,
    /// `None`: the config in force.
    pub(crate) tried: Option<Tried>,
}

impl PreviewPage {
    /// Whether there is nothing else to say where nothing was found.
    fn is_read(&self) -> bool {
        self.tried.as_ref().is_none_or(|tried| tried.problem.is_none())
    }
}
