//! Whether a choice that was taken over from another platform is one that its notice let in. Written anew, as all of what
//! is checked here.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::report::Code;
use crate::bundle::data::DecisionData;
use crate::category::Category;
use crate::notice::MovingIn;

/// By how much the clock there may have been ahead.
const AHEAD: Duration = Duration::DAY;

/// What is wrong with where the choice comes from, if anything; `declared` is what the notice takes over, and `days` for how
/// many of them a choice holds.
pub(super) fn contradiction(
    data: &DecisionData,
    declared: &[MovingIn],
    days: u32,
) -> Option<(Code, &'static str)> {
    let itself = |what| Some((Code::OpeningContradictsItself, what));
    let notice = |what| Some((Code::OpeningContradictsNotice, what));
    let from = match (&data.provenance, data.action == "import") {
        (None, false) => return None,
        (Some(from), true) => from,
        (None, true) => return itself("it was taken over, and does not say from where"),
        (Some(_), false) => return itself("it says where it was taken over from, and was not taken over"),
    };
    if data.signals.gpc && data.choices.allows(Category::Advertisement) {
        return itself("advertisement was taken over against Global Privacy Control");
    }
    let Some(declared) = declared.iter().find(|declared| declared.platform.as_str() == from.platform) else {
        return notice("its notice takes nothing over from that platform");
    };
    let granted = |category: &Category| data.choices.allows(*category);
    if Category::OPTIONAL
        .iter()
        .any(|category| granted(category) && !declared.categories.contains_key(category))
    {
        return notice("it grants what nothing of that platform stands for in its notice");
    }
    let Some(there) = &from.decided_at else { return None };
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let (Some(there), Some(here)) = (read(there), read(&data.decided_at)) else {
        return itself("it does not say at a time when it was made where it was taken over from");
    };
    let age = here - there;
    let holds = -AHEAD <= age && age < Duration::days(i64::from(days));
    if holds { None } else { notice("it was too old to be taken over") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::notice::Platform;

    fn data(action: &str, advertisement: &str, gpc: bool, provenance: &str) -> DecisionData {
        let text = format!(
            r#"{{"action":"{action}","choices":{{"necessary":"grant","functional":"deny","analytics":"grant","performance":"deny","advertisement":"{advertisement}"}},"decided_at":"2026-11-23T09:30:00.123Z","language":"fr","page":"/",{provenance}"recorded_at":"2026-11-23T09:30:00.999Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"FR","signals":{{"gpc":{gpc}}},"user_agent_class":"mobile"}}"#
        );
        DecisionData::parse(&text).unwrap()
    }

    #[test]
    fn only_what_the_notice_lets_in_was_taken_over() {
        let categories = [Category::Analytics, Category::Advertisement];
        let declared = [MovingIn {
            by: "A. Muster".into(),
            categories: BTreeMap::from(categories.map(|category| (category, vec!["theirs".into()]))),
            name: None,
            platform: Platform::Cookiebot,
            reason: "The same.".into(),
        }];
        let (itself, notice) = (Some(Code::OpeningContradictsItself), Some(Code::OpeningContradictsNotice));
        let at = |time: &str| format!(r#""provenance":{{"decided_at":"{time}","platform":"cookiebot"}},"#);
        let undated = r#""provenance":{"platform":"cookiebot"},"#;
        for (action, advertisement, gpc, provenance, expected) in [
            ("save", "deny", false, "", None),
            ("import", "deny", false, undated, None),
            ("import", "grant", false, undated, None),
            ("import", "deny", true, undated, None),
            ("import", "deny", false, "", itself),
            ("save", "deny", false, undated, itself),
            ("import", "grant", true, undated, itself),
            ("import", "deny", false, r#""provenance":{"platform":"klaro"},"#, notice),
            ("import", "deny", false, &at("2026-05-28T09:30:00Z"), None),
            ("import", "deny", false, &at("2026-11-24T09:30:00Z"), None),
            ("import", "deny", false, &at("2026-05-27T09:30:00Z"), notice),
            ("import", "deny", false, &at("2026-11-24T09:31:00Z"), notice),
            ("import", "deny", false, &at("in spring"), itself),
        ] {
            let data = data(action, advertisement, gpc, provenance);
            let found = contradiction(&data, &declared, 180).map(|(code, _)| code);
            assert_eq!(found, expected, "{action} {advertisement} {gpc} {provenance}");
        }
        let mut beyond = declared;
        beyond[0].categories.remove(&Category::Analytics);
        let found = contradiction(&data("import", "deny", false, undated), &beyond, 180);
        assert_eq!(found.map(|(code, _)| code), notice);
    }
}
