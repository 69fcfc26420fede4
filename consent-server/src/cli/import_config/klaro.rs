//! A config of Klaro (0.7.22: <https://klaro.org/docs/getting-started/annotated-configuration>).

use consent_core::category::Category;

use super::carried::{Carried, Group, Item, Service, decided, id, meant};
use super::limits;
use super::node::{Data, Node};

const WORDS: &str =
    "words of the banner come with the program, in 34 languages; others can stand under `[site.texts]`";
const RUNS: &str =
    "code of the page: listen to `consent:change` there, or mark the script with `data-consent`";

pub(super) fn carry(config: &Node) -> Carried {
    let mut carried = Carried::new("klaro");
    for (key, value) in config.table() {
        top(key, value, &mut carried);
    }
    carried.languages = languages(config);
    let services = config.get("services").or_else(|| config.get("apps"));
    for one in services.map_or(&[][..], Node::list) {
        service(one, config, &mut carried);
    }
    carried
}

fn top(key: &str, value: &Node, carried: &mut Carried) {
    let word = value.text().map(str::to_owned);
    match key {
        "services" | "apps" | "lang" | "version" => {}
        "cookieName" | "storageName" => match word {
            Some(name) if name == "klaro" => {}
            Some(name) => carried.kept_as = Some(name),
            None => carried.leave(value.at, key, value.kind()),
        },
        "cookieExpiresAfterDays" => match value.whole().filter(|days| (1..=730).contains(days)) {
            Some(days) => carried.ask_again_after = Some(days),
            None => carried.leave(value.at, key, "a choice holds for 1 to 730 whole days, the same for all"),
        },
        "privacyPolicy" => privacy(key, value, carried),
        "translations" => {
            for (code, texts) in value.table() {
                let url = texts.get("privacyPolicyUrl").and_then(Node::text);
                if let Some(url) = url.filter(|_| code != "zz" || carried.privacy_url.is_empty()) {
                    let language = if code == "zz" { String::new() } else { code.clone() };
                    carried.privacy_url.push((language, url.to_owned()));
                }
                carried.leave(texts.at, format!("translations.{code}"), WORDS);
            }
        }
        "default" | "mustConsent" | "acceptAll" | "hideDeclineAll" | "noticeAsModal" | "hideLearnMore"
            if value.data == Data::Truth(key == "acceptAll") => {}
        "default" => carried.leave(value.at, key, "nothing is ticked before the visitor does it"),
        "mustConsent" | "hideDeclineAll" | "acceptAll" | "noticeAsModal" | "hideLearnMore" => {
            let why = "refusing is as easy as accepting, and the page can be used before a choice; this can not be set";
            carried.leave(value.at, key, why);
        }
        "styling" => carried.leave(
            value.at,
            key,
            "write colours under `[site.theme]` and a place under `[site.layout]`",
        ),
        "callback" => carried.leave(value.at, key, RUNS),
        "storageMethod"
        | "cookieDomain"
        | "cookiePath"
        | "elementID"
        | "htmlTexts"
        | "embedded"
        | "groupByPurpose"
        | "autoFocus"
        | "showNoticeTitle"
        | "showDescriptionEmptyStore"
        | "hideToggleAll"
        | "purposes"
        | "additionalClass"
        | "disablePoweredBy"
        | "testing" => carried.leave(value.at, key, "there is no such setting here"),
        _ => carried.leave(value.at, key, "this key is not known"),
    }
}

/// One address, or one for each language.
fn privacy(key: &str, value: &Node, carried: &mut Carried) {
    if let Some(url) = value.text() {
        carried.privacy_url = vec![(String::new(), url.to_owned())];
        return;
    }
    let each = value.table().iter().filter_map(|(code, url)| Some((code.clone(), url.text()?.to_owned())));
    let each: Vec<_> = each.filter(|(code, _)| code != "default").collect();
    if each.is_empty() {
        carried.leave(value.at, key, value.kind());
    } else {
        carried.privacy_url = each;
    }
}

/// `zz` stands for all languages there.
fn languages(config: &Node) -> Vec<String> {
    let mut codes: Vec<String> =
        config.get("lang").and_then(Node::text).map(str::to_owned).into_iter().collect();
    for (code, _) in config.get("translations").map_or(&[][..], Node::table) {
        if code != "zz" && !codes.contains(code) {
            codes.push(code.clone());
        }
    }
    codes
}

fn service(service: &Node, config: &Node, carried: &mut Carried) {
    let Some(name) = service.get("name").and_then(Node::text) else {
        carried.leave(service.at, "services", "a service without a name that is a text");
        return;
    };
    let path = format!("services.{name}");
    let required = service.get("required").is_some_and(Node::is_true);
    let purposes: Vec<_> =
        service.get("purposes").map_or(&[][..], Node::list).iter().filter_map(Node::text).collect();
    let mut meanings = purposes.iter().map(|purpose| meant(purpose));
    let first = meanings.next().flatten();
    // What is for several purposes at once waits for a human, who knows which one the visitor has to be asked for.
    let one = first.filter(|first| meanings.all(|other| other == Some(*first)));
    // Of what is required, one purpose that visitors are asked for is enough to doubt it.
    let means = if required { purposes.iter().copied().chain([name]).find_map(meant) } else { one };
    let ours = decided(required, means, "required").unwrap_or_else(|why| {
        carried.leave(service.at, path.as_str(), why);
        None
    });
    if ours.is_none() && !required {
        let why = "nobody can tell from its purposes for which category this is: decide, and write it there";
        carried.leave(service.at, path.as_str(), why);
    }
    let necessary = ours == Some(Category::Necessary);
    keys(service, &path, necessary, carried);
    let theirs = if necessary { "required".to_owned() } else { purposes.join(", ") };
    let own = id(name);
    let languages = carried.languages.clone();
    let known = Service {
        at: service.at,
        id: own.clone(),
        name: texts(service, config, name, "title", &languages),
        purpose: texts(service, config, name, "description", &languages),
    };
    if own.is_empty() {
        carried.leave(service.at, path.as_str(), "its name has no letter or digit for an id");
    }
    let bytes: usize = known.purpose.iter().map(|(code, text)| code.len() + text.len()).sum();
    let mut items = Vec::new();
    for cookie in service.get("cookies").map_or(&[][..], Node::list) {
        let named = cookie.list().first().unwrap_or(cookie);
        if let Some(place) = cookie.list().get(1) {
            let why = "the path and domain of a cookie, by which it is deleted there: here the browser is asked where it lies";
            carried.leave(place.at, format!("{path}.cookies"), why);
        }
        let Some(name) = carried.name(named, &path) else { continue };
        carried.copied = carried.copied.saturating_add(bytes);
        if carried.copied > limits::MAX_WRITTEN {
            return;
        }
        items.push(Item {
            name,
            owner: None,
            duration: None,
            purpose: known.purpose.clone(),
            service: (!own.is_empty()).then(|| own.clone()),
        });
    }
    if let Some(ours) = ours {
        carried.stands_for(ours, name.to_owned());
    }
    let services = if own.is_empty() { Vec::new() } else { vec![known] };
    match carried.groups.iter_mut().find(|group| group.category == ours && group.theirs == theirs) {
        Some(group) => {
            group.items.extend(items);
            group.services.extend(services);
        }
        None => carried.groups.push(Group { category: ours, theirs, items, services }),
    }
}

fn keys(service: &Node, path: &str, required: bool, carried: &mut Carried) {
    for (key, value) in service.table() {
        let why = match key.as_str() {
            "name" | "title" | "description" | "purposes" | "cookies" | "required" | "translations" => {
                continue;
            }
            "default" | "optOut" | "onlyOnce" | "contextualConsentOnly"
                if value.data == Data::Truth(false) =>
            {
                continue;
            }
            "default" if required => continue,
            "default" => "nothing is ticked before the visitor does it",
            "optOut" => "what runs before a choice follows from where visitors are: see `[site.regions]`",
            "callback" | "onAccept" | "onDecline" | "onInit" | "vars" => RUNS,
            "onlyOnce" | "contextualConsentOnly" => "there is no such setting here",
            _ => "this key is not known",
        };
        carried.leave(value.at, format!("{path}.{key}"), why);
    }
}

/// What a service is called, or used for: as it says itself, or as the translations say; a text without a language is one for all.
fn texts(
    service: &Node,
    config: &Node,
    name: &str,
    key: &str,
    languages: &[String],
) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for language in languages {
        let own =
            service.get("translations").and_then(|all| all.get(language)).and_then(|texts| texts.get(key));
        let all = || config.get("translations")?.get(language)?.get(name)?.get(key);
        if let Some(text) = own.or_else(all).and_then(Node::text) {
            texts.push((language.clone(), text.to_owned()));
        }
    }
    let own = service.get(key).and_then(Node::text);
    let plain = own.or((key == "title").then_some(name));
    match plain {
        Some(plain) if texts.is_empty() => vec![(String::new(), plain.to_owned())],
        _ => texts,
    }
}
