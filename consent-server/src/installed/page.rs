//! The scripts of a page and the policies in its head, read in one pass.

use std::cell::RefCell;
use std::rc::Rc;

use lol_html::html_content::Element;
use lol_html::{HtmlRewriter, MemorySettings, Settings, element, end_tag, text};

/// How much memory the pass may use.
const MAX_MEMORY: usize = 8 * 1024 * 1024;

/// The most scripts that are looked at. A page of 2 MiB that has more is made to be one.
const MAX_SCRIPTS: usize = 5000;

/// As much of a script in the page is shown, in bytes.
const MAX_SHOWN: usize = 80;

/// One `<script>`, as it stands in its tag.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    pub(super) src: Option<String>,
    pub(super) kind: String,
    pub(super) is_async: bool,
    pub(super) is_deferred: bool,
    pub(super) is_for_old: bool,
    pub(super) integrity: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) has_crossorigin: bool,
    pub(super) is_in_body: bool,
    /// How it begins, if it stands in the page.
    pub(super) begins: String,
}

/// What of a page counts here.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// Where references are counted from, if it says so.
    pub(super) base: Option<String>,
    pub(super) scripts: Vec<Script>,
    /// Policies in its head, each with how many scripts stand before it, for which it does not hold.
    pub(super) policies: Vec<(usize, String)>,
    is_in_body: bool,
    /// How many `<template>` are open.
    templates: u32,
}

impl Script {
    /// Whether a browser runs it while it reads the page, so before what follows.
    pub(super) fn runs_at_once(&self) -> bool {
        // Of `async` and `defer` the first counts: such a script, or module, may run as soon as it has come.
        let is_late = self.is_deferred && !self.is_async && self.src.is_some();
        (self.is_classic() && !self.is_for_old && !is_late) || (self.is_module() && self.is_async)
    }

    fn is_module(&self) -> bool {
        self.kind.trim().eq_ignore_ascii_case("module")
    }

    /// Whether a browser runs it, and not as a module.
    pub(super) fn is_classic(&self) -> bool {
        let kind = self.kind.trim().to_ascii_lowercase();
        let known =
            ["text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript"];
        kind.is_empty() || known.contains(&kind.as_str())
    }

    fn of(element: &Element<'_, '_>) -> Self {
        let text = |name| element.get_attribute(name);
        Self {
            src: text("src"),
            kind: text("type").unwrap_or_default(),
            is_async: element.has_attribute("async"),
            is_deferred: element.has_attribute("defer"),
            is_for_old: element.has_attribute("nomodule"),
            integrity: text("integrity"),
            nonce: text("nonce"),
            has_crossorigin: element.has_attribute("crossorigin"),
            is_in_body: false,
            begins: String::new(),
        }
    }
}

/// Reads a page; `None` if it can not be read within the limits. What stands in `<noscript>` is text here, and `<template>` runs nothing.
pub(super) fn read(body: &[u8]) -> Option<Page> {
    let page = Rc::new(RefCell::new(Page::default()));
    let [of_script, of_text, of_base, of_policy, of_body, of_template] = [(); 6].map(|()| Rc::clone(&page));
    let handlers = vec![
        element!("script", move |element| {
            let mut page = of_script.borrow_mut();
            if page.scripts.len() >= MAX_SCRIPTS {
                return Err("too many scripts".into());
            }
            if page.templates > 0 {
                return Ok(());
            }
            let is_in_body = page.is_in_body;
            page.scripts.push(Script { is_in_body, ..Script::of(element) });
            Ok(())
        }),
        text!("script", move |chunk| {
            if let Some(script) = of_text.borrow_mut().scripts.last_mut() {
                let left = MAX_SHOWN.saturating_sub(script.begins.len());
                let text =
                    if script.begins.is_empty() { chunk.as_str().trim_start() } else { chunk.as_str() };
                script.begins.extend(text.chars().take(left));
            }
            Ok(())
        }),
        element!("base[href]", move |element| {
            let mut page = of_base.borrow_mut();
            // Only the first counts.
            page.base = page.base.take().or_else(|| element.get_attribute("href"));
            Ok(())
        }),
        element!("meta[http-equiv][content]", move |element| {
            let named = element.get_attribute("http-equiv").unwrap_or_default();
            let mut page = of_policy.borrow_mut();
            // Elsewhere than in the head it counts for nothing (HTML, section 4.2.5.3).
            let counts = !page.is_in_body && page.templates == 0;
            if counts && named.trim().eq_ignore_ascii_case("content-security-policy") {
                let before = page.scripts.len();
                page.policies.extend(element.get_attribute("content").map(|policy| (before, policy)));
            }
            Ok(())
        }),
        element!("template", move |element| {
            of_template.borrow_mut().templates += 1;
            let page = Rc::clone(&of_template);
            // One that is never closed has the rest of the page in it.
            element.on_end_tag(end_tag!(move |_| {
                let mut page = page.borrow_mut();
                page.templates = page.templates.saturating_sub(1);
                Ok(())
            }))?;
            Ok(())
        }),
        element!("body", move |_| {
            of_body.borrow_mut().is_in_body = true;
            Ok(())
        }),
    ];
    let memory = MemorySettings::new().with_max_allowed_memory_usage(MAX_MEMORY);
    let settings = Settings::new().with_memory_settings(memory).with_strict(false);
    let settings = handlers.into_iter().fold(settings, Settings::append_element_content_handler);
    let mut pass = HtmlRewriter::new(settings, |_: &[u8]| {});
    pass.write(body).ok()?;
    pass.end().ok()?;
    let page = page.borrow().clone();
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_seen_as_a_browser_sees_them() {
        let page = read(
            b"<!doctype html><meta http-equiv=content-security-policy content=\"img-src 'none'\"><base href=/a/><base href=/b/><script>\n one()</script><noscript><script src=n></script></noscript>\
              <!-- <script src=c></script> --><script SRC=x defer></script><body><script type=module src=m></script>\
              <textarea><script src=t></script></textarea><template><script src=p></script></template><script type='application/ld+json'>{}</script>\
              <meta http-equiv=content-security-policy content=\"script-src 'none'\">",
        )
        .unwrap();
        assert_eq!(page.base.as_deref(), Some("/a/"));
        assert_eq!(page.policies, [(0, "img-src 'none'".to_owned())], "one in the body is none");
        let sources: Vec<_> = page.scripts.iter().map(|script| script.src.as_deref()).collect();
        assert_eq!(sources, [None, Some("x"), Some("m"), None]);
        assert_eq!(page.scripts[0].begins, "one()");
        let now: Vec<_> = page.scripts.iter().map(Script::runs_at_once).collect();
        assert_eq!(now, [true, false, false, false]);
        let body: Vec<_> = page.scripts.iter().map(|script| script.is_in_body).collect();
        assert_eq!(body, [false, false, true, true]);
    }

    #[test]
    fn a_page_that_is_made_to_be_too_much_is_not_read() {
        assert!(read("<script></script>".repeat(MAX_SCRIPTS + 1).as_bytes()).is_none());
        // One that ends is no longer than the page; one that does not would have to be kept.
        assert!(read(format!("<script src=\"{}", "a".repeat(MAX_MEMORY + 1)).as_bytes()).is_none());
        assert!(read(&[0xff, 0xfe, b'<', 0]).is_some_and(|page| page.scripts.is_empty()));
        assert!(read(b"").is_some_and(|page| page.scripts.is_empty()));
        let long = format!("<script>{}", "é".repeat(90));
        assert!(
            read(long.as_bytes()).is_some_and(|page| page.scripts[0].begins.chars().count() <= MAX_SHOWN)
        );
    }
}
