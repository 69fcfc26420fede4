//! `consent check --render`: every banner of a config in a local Chromium, measured.

use consent_core::notice::{Notice, SiteId};
use percent_encoding::percent_decode_str;

use super::chromium::{Chromium, Window};
use super::laid_out::LaidOut;
use super::progress::Bar;
use crate::config::{Config, Diagnostic, Measured, judge, judge_beside};
use crate::evidence;
use crate::site::{Site, Sites};
use crate::store::MemoryStore;

/// Shows a notice at several widths and writes what it measured.
const MEASURE: &str = include_str!("rendered/measure.html");

/// Where that stands in the folder of a notice.
const FILE: &str = "measure.html";

/// A Chromium that prints a document draws no frames, so what waits for one waits for a moment instead.
const FRAMES: &str = "requestAnimationFrame = run => setTimeout(() => run(performance.now()), 16);";

/// Large enough for all that it shows: what is outside the window a browser need not draw.
const WINDOW: (u32, u32) = (1400, 1200);

type Failure = Box<dyn std::error::Error>;

/// How many banners there are, one for each language and regime of a site, and findings about them.
pub(super) fn check(config: &Config) -> Result<(usize, Vec<Diagnostic>), Failure> {
    let chromium = Chromium::find()?;
    let store = MemoryStore::default();
    let sites = Sites::publish(config, &store)?;
    let shown: Vec<_> =
        config.sites.iter().filter_map(|site| sites.get(site.id.as_str())).flat_map(banners).collect();
    let (number, total) = (shown.len(), u64::try_from(shown.len())?);
    let (bar, mut found) = (Bar::new("banners"), Vec::new());
    // Of each site the first, which the others are held beside.
    let mut first: Option<(&SiteId, String, Measured)> = None;
    bar.show(0, total);
    for (done, (site, notice)) in (1..).zip(shown) {
        let script = evidence::script(&store, &site.config.id, notice.script)?;
        let script = script.ok_or("a script of this config was not kept")?;
        let laid = LaidOut::new(notice, &script)?;
        let page = std::fs::read_to_string(laid.path(laid.page()))?;
        let page = page.replacen("<head>", "<head>\n<script src=\"../frames.js\"></script>", 1);
        laid.write(laid.page(), page.as_bytes())?;
        laid.write("frames.js", FRAMES.as_bytes())?;
        for (theme, dark) in [("light", false), ("dark", true)] {
            let regime = &notice.regime.region;
            let what = format!("{}, {}, {regime}, {theme}", site.config.id, notice.language);
            let measured = measured(&chromium, &laid, dark)?;
            found.extend(judge(&what, &notice.regime, &measured));
            match &first {
                Some((id, other, beside)) if *id == &site.config.id => {
                    found.extend(judge_beside(&what, &measured, other, beside));
                }
                _ => first = Some((&site.config.id, what, measured)),
            }
        }
        bar.show(done, total);
    }
    Ok((number, found))
}

fn banners(site: &Site) -> impl Iterator<Item = (&Site, &Notice)> {
    site.banners().map(move |banner| (site, &*banner.notice))
}

fn measured(chromium: &Chromium, laid: &LaidOut, dark: bool) -> Result<Measured, Failure> {
    let file = laid.write(FILE, MEASURE.replacen("{page}", laid.page(), 1).as_bytes())?;
    let (width, height) = WINDOW;
    let document = chromium.document(&file, Window { width, height, dark })?;
    let told = document.split_once("<pre>").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (told, _) = told
        .ok_or("Chromium did not come to the end of measuring: try again on a machine that is less busy")?;
    Ok(serde_json::from_str(&percent_decode_str(told).decode_utf8()?)?)
}
