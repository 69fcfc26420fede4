//! Whether what was decided agrees with itself and with the time of its entry. Written anew: the writer's own rules are
//! no evidence for what it wrote.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::report::Code;
use crate::bundle::data::DecisionData;
use crate::category::Category;
use crate::choices::Choice;
use crate::regime::Rule;

/// By how much an entry may be older than the decision in it, in milliseconds: entries count in whole seconds.
const MAX_BEFORE: i128 = 2_000;
/// By how much an entry may be younger, in milliseconds: time in a log stands still while a clock that was set back
/// catches up.
const MAX_AFTER: i128 = 24 * 3_600 * 1_000;

/// What is wrong with the decision itself, if anything.
pub(super) fn contradiction(data: &DecisionData) -> Option<&'static str> {
    if OffsetDateTime::parse(&data.decided_at, &Rfc3339).is_err() {
        return Some("decided_at is not a time");
    }
    let gpc = data.signals.gpc;
    let all = |expected: Choice| move |_: Category, _: Rule| expected;
    let agrees = match data.action.as_str() {
        "accept_all" => has(data, all(Choice::Grant)),
        "reject_all" | "withdraw" => has(data, all(Choice::Deny)),
        "close" => has(data, |_, rule| before_choice(rule)),
        "signal" => {
            gpc && has(data, |category, rule| {
                if category == Category::Advertisement { Choice::Deny } else { before_choice(rule) }
            })
        }
        "save" | "import" => true,
        "handoff" => data.handoff.is_some(),
        _ => return Some("the action is none of the known ones"),
    };
    if data.handoff.is_some() && data.action != "handoff" {
        return Some("it was handed on, and its action is another one");
    }
    if agrees { None } else { Some("the choices are not those of the action") }
}

/// What is wrong with what was said of single services, if anything; `declared` is the category of each that the notice
/// asked for. A category that is granted grants all of its services; in one that is denied only a visitor who saved the
/// toggles can have granted one.
pub(super) fn service_contradiction(
    data: &DecisionData,
    declared: &BTreeMap<String, Category>,
) -> Option<(Code, &'static str)> {
    data.services.iter().find_map(|(id, choice)| {
        let Some(category) = declared.get(id) else {
            return Some((
                Code::OpeningContradictsNotice,
                "it names a service that its notice does not have",
            ));
        };
        let agrees = match (choice, data.choices.choice(*category)) {
            (Choice::Grant, Choice::Deny) => data.action == "save",
            (Choice::Deny, Choice::Grant) => false,
            (Choice::Grant, Choice::Grant) | (Choice::Deny, Choice::Deny) => true,
        };
        let what = "what is said of a service contradicts what was chosen for its category";
        (!agrees).then_some((Code::OpeningContradictsItself, what))
    })
}

/// Whether each choice that is one is the expected one.
fn has(data: &DecisionData, expected: impl Fn(Category, Rule) -> Choice) -> bool {
    let mut categories = Category::ALL.into_iter().zip(data.regime);
    categories.all(|(category, rule)| {
        category == Category::Necessary || data.choices.choice(category) == expected(category, rule)
    })
}

/// What holds while nobody has chosen.
fn before_choice(rule: Rule) -> Choice {
    match rule {
        Rule::OptIn => Choice::Deny,
        Rule::OptOut | Rule::Exempt | Rule::Always => Choice::Grant,
    }
}

/// What is wrong with the time of the decision, if anything; `time` is that of its entry, unix seconds.
pub(super) fn time_contradiction(data: &DecisionData, time: u64) -> Option<&'static str> {
    let Ok(recorded_at) = OffsetDateTime::parse(&data.recorded_at, &Rfc3339) else {
        return Some("recorded_at is not a time");
    };
    let after = i128::from(time) * 1_000 - recorded_at.unix_timestamp_nanos().div_euclid(1_000_000);
    if after < -MAX_BEFORE {
        Some("it was recorded after its entry was written")
    } else if after > MAX_AFTER {
        Some("it was recorded more than a day before its entry was written")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::data::HandoffData;

    fn data(action: &str, granted: &str, gpc: bool) -> DecisionData {
        let choices: Vec<_> = Category::ALL
            .into_iter()
            .zip(granted.chars())
            .map(|(category, bit)| format!(r#""{category}":"{}""#, if bit == '1' { "grant" } else { "deny" }))
            .collect();
        let text = format!(
            r#"{{"action":"{action}","choices":{{{}}},"decided_at":"2026-11-23T09:30:00.123Z","language":"fr","page":"/","recorded_at":"2026-11-23T09:30:00.999Z","regime":["always","opt_in","opt_out","exempt","opt_out"],"region":"FR","signals":{{"gpc":{gpc}}},"user_agent_class":"mobile"}}"#,
            choices.join(",")
        );
        DecisionData::parse(&text).unwrap()
    }

    #[test]
    fn every_action_has_its_choices() {
        let choices = (16..32).map(|bits| format!("{bits:05b}")).collect::<Vec<_>>();
        for (action, gpc, expected) in [
            ("accept_all", false, Some("11111")),
            ("reject_all", false, Some("10000")),
            ("withdraw", true, Some("10000")),
            ("close", false, Some("10111")),
            ("signal", true, Some("10110")),
            ("signal", false, Some("")),
            ("save", false, None),
            ("handoff", false, Some("")),
            ("made up", false, Some("")),
        ] {
            for granted in &choices {
                let holds = contradiction(&data(action, granted, gpc)).is_none();
                assert_eq!(holds, expected.is_none_or(|expected| expected == granted), "{action} {granted}");
            }
        }
        let mut handed_on = data("handoff", "10000", false);
        handed_on.handoff = Some(HandoffData { index: 7, log: "2026".to_owned(), site: "news".to_owned() });
        assert_eq!(contradiction(&handed_on), None);
        handed_on.action = "reject_all".to_owned();
        assert!(contradiction(&handed_on).is_some());
        let mut undated = data("save", "10000", false);
        undated.decided_at = "next tuesday".to_owned();
        assert!(contradiction(&undated).is_some());
    }

    #[test]
    fn services_agree_with_their_categories_and_with_the_notice() {
        let declared = BTreeMap::from([
            ("films".to_owned(), Category::Functional),
            ("counter".to_owned(), Category::Analytics),
        ]);
        let (itself, notice) = (Some(Code::OpeningContradictsItself), Some(Code::OpeningContradictsNotice));
        for (action, granted, services, expected) in [
            ("save", "10000", vec![], None),
            ("save", "10000", vec![("films", Choice::Grant), ("counter", Choice::Deny)], None),
            ("save", "11000", vec![("films", Choice::Grant), ("counter", Choice::Deny)], None),
            ("reject_all", "10000", vec![("films", Choice::Deny)], None),
            ("accept_all", "11111", vec![("films", Choice::Grant)], None),
            ("reject_all", "10000", vec![("films", Choice::Grant)], itself),
            ("withdraw", "10000", vec![("films", Choice::Grant)], itself),
            ("save", "11000", vec![("films", Choice::Deny)], itself),
            ("save", "10000", vec![("films", Choice::Grant), ("maps", Choice::Deny)], notice),
        ] {
            let mut data = data(action, granted, false);
            data.services = services.iter().map(|(id, choice)| ((*id).to_owned(), *choice)).collect();
            let found = service_contradiction(&data, &declared).map(|(code, _)| code);
            assert_eq!(found, expected, "{action} {granted} {services:?}");
        }
    }

    #[test]
    fn an_entry_is_written_after_its_decision_and_within_a_day() {
        let time = 1_795_426_200;
        let mut data = data("save", "10000", false);
        for (entry, holds) in [
            (time - 2, false),
            (time - 1, true),
            (time, true),
            (time + 24 * 3600, true),
            (time + 24 * 3600 + 1, false),
        ] {
            assert_eq!(time_contradiction(&data, entry).is_none(), holds, "{entry}");
        }
        data.recorded_at = "never".to_owned();
        assert!(time_contradiction(&data, time).is_some());
    }
}
