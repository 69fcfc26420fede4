//! However a page is cut, the same comes out of it; and no tag of it that a second reading finds loads from a denied host.
#![no_main]

use std::sync::{Arc, LazyLock};

use consent_core::consent::{Consent, InForce, Why};
use consent_core::enforce::Enforcer;
use consent_core::enforce::html::{Html, HtmlError};
use consent_core::notice::{HostDeclaration, Notice};
use lol_html::{HtmlRewriter, Settings, element};

static ENFORCER: LazyLock<Arc<Enforcer>> = LazyLock::new(|| {
    let notice = Notice::from_bytes(include_bytes!("../seeds/notice/small")).expect("the seed is a notice");
    let mut body = (*notice).clone();
    let host = HostDeclaration { name: "stats.example".parse().expect("a host"), service: None };
    body.categories[2].hosts.push(host);
    Arc::new(Enforcer::new(InForce::from(Notice::new(body).expect("a notice"))))
});

fn held<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, HtmlError> {
    let denied = Consent::denied(Why::NoNotice);
    let pass = Html::new().pass(Some(ENFORCER.clone()), denied, None, None, |_| ());
    let mut pass = pass.expect("UTF-8 can be read");
    let mut page = Vec::new();
    for piece in pieces {
        page.extend(pass.write(piece)?);
    }
    page.extend(pass.end()?);
    Ok(page)
}

/// As the address stands there: a host and nothing beside it, and nothing that a reference or an escape could hide.
fn is_denied(address: &str) -> bool {
    let address = address.trim_matches(|character| character <= ' ').to_ascii_lowercase();
    ["https://", "http://", "//"].iter().any(|start| {
        let host = address.strip_prefix(start).and_then(|rest| rest.split(['/', '?', '#']).next());
        let host = host
            .filter(|host| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)));
        host.is_some_and(|host| host == "stats.example" || host.ends_with(".stats.example"))
    })
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((size, page)) = input.split_first() else { return };
    let whole = held(std::iter::once(page));
    let cut = held(page.chunks(usize::from(*size % 16) + 1));
    assert_eq!(whole, cut);
    let Ok(held) = whole else { return };
    let settings = Settings::new().append_element_content_handler(element!(
        "script[src], iframe[src], img[src], audio[src], video[src], embed[src], source[src], track[src]",
        |element| {
            let kind = element.get_attribute("type").unwrap_or_default();
            let waits = kind.contains('&') || kind.trim().eq_ignore_ascii_case("text/plain");
            let src = element.get_attribute("src").unwrap_or_default();
            assert!(waits && element.tag_name() == "script" || !is_denied(&src), "{src}");
            Ok(())
        }
    ));
    let mut again = HtmlRewriter::new(settings, |_: &[u8]| ());
    let _ = again.write(&held).and_then(|()| again.end());
});
