//! What is carried over of a config, and that the rest is listed.

mod hostile;

use super::*;

const KNOWN: Known<'_> = Known { id: "site", controller: Some("Example Ltd"), privacy_url: Some("/privacy") };

fn of(text: &str) -> Made {
    made(text, &KNOWN).unwrap_or_else(|fault| panic!("{fault:?}"))
}

fn codes(made: &Made) -> Vec<&'static str> {
    made.found.found.iter().map(|finding| finding.code.as_str()).collect()
}

fn left(made: &Made) -> Vec<&str> {
    made.carried.left.iter().map(|left| left.what.as_str()).collect()
}

const ORESTBIDA: &str = r#"
import * as CookieConsent from "./cookieconsent.esm.js";

const DAYS = 182;
const cookieTable = { headers: { name: "Name", desc: "Description" }, body: [
  { name: "_pk_id", desc: "Counts returning visitors", provider: "Example Ltd", duration: "13 months" },
  { name: "visits", desc: "Counts visits", provider: "Example Ltd", duration: "30 minutes" },
] };

CookieConsent.run({
  revision: 2,
  cookie: { name: "my_choice", expiresAfterDays: DAYS, sameSite: "Lax" },
  guiOptions: { consentModal: { layout: "box inline", position: "bottom right", equalWeightButtons: false } },
  categories: {
    necessary: { readOnly: true, enabled: true },
    analytics: {
      enabled: true,
      autoClear: { cookies: [{ name: /^_pk_id/ }, { name: "visits" }, { name: /pk|ga/ }] },
      services: { counter: { label: "Counter", onAccept: () => { start(); }, cookies: [{ name: "visits" }] } },
    },
    social: {},
  },
  onConsent: ({ cookie }) => console.log(`${cookie}`),
  language: {
    default: "en",
    translations: {
      en: { consentModal: { title: "We " + "ask" }, preferencesModal: { sections: [
        { title: "Analytics", linkedCategory: "analytics", cookieTable },
      ] } },
      fr: "/fr.json",
    },
  },
});
"#;

#[test]
fn a_config_of_vanilla_cookieconsent_is_carried_as_far_as_it_says() {
    let made = of(ORESTBIDA);
    for line in [
        "languages = [\"en\", \"fr\"]",
        "ask_again_after = 182",
        "position = \"corner\"",
        "name = \"_pk_id*\"",
        "duration = \"13 months\"",
        "id = \"counter\"",
        "service = \"counter\"",
        "# name = \"my_choice\"",
        "# analytics = [\"analytics/counter\"]",
        "# What stood under \"social\" there.",
    ] {
        assert!(made.toml.contains(line), "{line}\n{}", made.toml);
    }
    let left = left(&made);
    for what in [
        "revision",
        "guiOptions.consentModal.equalWeightButtons",
        "categories.analytics.enabled",
        "categories.analytics.autoClear.cookies",
        "categories.analytics.services.counter.onAccept",
        "categories.social",
        "onConsent",
        "language.translations.fr",
    ] {
        assert!(left.contains(&what), "{what} {left:?}");
    }
    let lines: Vec<_> = made.carried.left.iter().map(|left| place(ORESTBIDA, left.at)).collect();
    assert!(lines.contains(&(11, 13)), "the revision stands there: {lines:?}");
    // Purposes are there in one of two languages, and nowhere for the service.
    let codes = codes(&made);
    assert!(
        !codes.is_empty() && codes.iter().all(|code| *code == "EU-13" || *code == "service"),
        "{}",
        made.found
    );
}

const KLARO: &str = r#"
var klaroConfig = {
  version: 1,
  elementID: 'klaro',
  storageMethod: 'localStorage',
  cookieExpiresAfterDays: 365,
  default: false,
  mustConsent: true,
  privacyPolicy: { default: '/privacy', en: '/privacy' },
  lang: 'en',
  translations: {
    zz: { privacyPolicyUrl: '/privacy' },
    en: { purposes: { analytics: { title: 'Analytics' } }, matomo: { description: 'Counts visits.' } },
  },
  services: [
    { name: 'matomo', title: 'Matomo', purposes: ['analytics'], cookies: [[/^_pk_.*$/, '/', 'example.org'], 'mtm'], default: true,
      callback: function (consent, service) { console.log(consent); } },
    { name: 'session', required: true, purposes: ['essential'], cookies: ['PHPSESSID'] },
    { name: 'chat', purposes: ['livechat'] },
    { name: 'both', purposes: ['analytics', 'marketing'] },
  ],
};
"#;

#[test]
fn a_config_of_klaro_is_carried_as_far_as_it_says() {
    let made = of(KLARO);
    for line in [
        "ask_again_after = 365",
        "id = \"matomo\"",
        "name = \"_pk_*\"",
        "name = \"mtm\"",
        "purpose = \"Counts visits.\"",
        "# analytics = [\"matomo\"]",
        "# What stood under \"livechat\" there.",
        "# What stood under \"analytics, marketing\" there.",
    ] {
        assert!(made.toml.contains(line), "{line}\n{}", made.toml);
    }
    let left = left(&made);
    for what in [
        "mustConsent",
        "services.matomo.default",
        "services.matomo.callback",
        "services.chat",
        "services.both",
    ] {
        assert!(left.contains(&what), "{what} {left:?}");
    }
    assert!(made.toml.contains("category = \"necessary\"\nname = \"PHPSESSID\""), "required there");
}

#[test]
fn nothing_is_necessary_by_its_name() {
    let made = of("CookieConsent.run({ categories: { necessary: { enabled: true }, essential: {} } })");
    assert_eq!(
        left(&made),
        ["categories.necessary", "categories.necessary.enabled", "categories.essential"],
        "{}",
        made.toml
    );
    assert!(!made.toml.lines().any(|line| line.starts_with("category")), "{}", made.toml);
    let klaro = of("var c = { services: [{ name: 'a', purposes: ['necessary'], cookies: ['a'] }] }");
    assert!(!klaro.toml.lines().any(|line| line.starts_with("category")), "{}", klaro.toml);
}

#[test]
fn what_is_whole_passes_the_check() {
    let text = r#"{ "categories": { "analytics": { "autoClear": { "cookies": [{ "name": "visits" }] } } }, "language": { "default": "en",
      "translations": { "en": { "preferencesModal": { "sections": [{ "linkedCategory": "analytics", "cookieTable": { "body": [
        { "name": "visits", "desc": "Counts visits.", "provider": "Example Ltd", "duration": "13 months" }] } }] } } } } }"#;
    let made = of(text);
    assert_eq!(made.found.errors(), 0, "{}\n{}", made.found, made.toml);
    // So does what is a comment, once it is none.
    let answered =
        made.toml.replace("# by = \"…\"", "by = \"A\"").replace("# reason = \"…\"", "reason = \"R\"");
    let answered =
        answered.replace("# [[site.moving_in]]", "[[site.moving_in]]").replace("# platform", "platform");
    let answered = answered.replace("# analytics = ", "analytics = ");
    let loaded = config::parse("consent.toml", answered.clone(), Path::new("."));
    assert!(loaded.is_ok_and(|loaded| loaded.config.sites[0].moving_in.len() == 1), "{answered}");
}

#[test]
fn a_config_is_found_wherever_pages_write_it() {
    for text in [
        "export const config: Config = { categories: { analytics: {} } };",
        "export default { categories: { analytics: {} } } satisfies Config",
        "module.exports = { categories: { analytics: {} } }",
        "window.addEventListener('load', function () { CookieConsent.run({ categories: { analytics: {} } }); });",
        "import('./cc.js').then(({ run }) => run({ categories: { analytics: {} } }))",
        "(() => { const config = { categories: { analytics: {} } }; CookieConsent.run(config) })()",
        "export function start() { CookieConsent.run({ categories: { analytics: {} } }) }",
        "{ \"categories\": { \"analytics\": {} } }\n",
    ] {
        let made = of(text);
        assert!(made.toml.contains("# What stood under \"analytics\" there."), "{text}\n{}", made.toml);
        assert_eq!(left(&made), [""; 0], "{text}");
    }
}

#[test]
fn what_is_written_elsewhere_is_listed_with_its_line() {
    let text = "const more = require('./more');\nconst config = {\n  categories: { analytics: {}, ...more, [key]: {} },\n};\n\
                config.mode = 'opt-out';\nconfig.language.default = 'fr';\nCookieConsent.run(config);\nrun({ services: [{ name: 'a' }] });\n";
    let made = of(text);
    let lines: Vec<_> =
        made.carried.left.iter().map(|left| (place(text, left.at).0, left.what.as_str())).collect();
    assert_eq!(
        lines,
        [
            (3, "categories...."),
            (3, "categories.[…]"),
            (5, "a change"),
            (6, "a change"),
            (8, "another config"),
        ],
        "{}",
        made.toml
    );
}

#[test]
fn nothing_that_was_not_read_is_left_out_of_the_list() {
    let text = "run({ categories: { analytics: { services: all(), autoClear: { cookies: [one, { name: `${x}_id` }] } }, marketing: make() },\n\
                language: { default: lang, translations: { en: { preferencesModal: { sections: [{ linkedCategory: 'analytics', cookieTable: table() }] } } } } })";
    let made = of(text);
    let left = left(&made);
    for what in [
        "categories.analytics.services",
        "categories.analytics.autoClear.cookies",
        "categories.marketing",
        "language.default",
        "language.translations.en.preferencesModal.sections.cookieTable",
    ] {
        assert!(left.contains(&what), "{what} {left:?}");
    }
    let klaro =
        of("var c = { lang: lang(), services: [{ name: 'a', purposes: list, cookies: all() }, ...more] }");
    assert!(
        ["lang", "services.purposes", "services.cookies", "services"]
            .iter()
            .all(|what| self::left(&klaro).contains(what)),
        "{:?}",
        self::left(&klaro)
    );
}

#[test]
fn what_stands_in_a_table_is_read_or_listed() {
    let rows = "{ name: '_a', exp: '13 months', domain: 'x.example' }, { name: '_b', expiration: '2 Jahre', desc: 'Counts.' },\n\
                { name: '_c', duration: 'Session', description: make(), domain: '' }";
    let text = format!(
        "run({{ categories: {{ analytics: {{}} }}, language: {{ default: 'en', translations: {{ en: {{ preferencesModal: {{ sections: \
         [{{ linkedCategory: 'analytics', cookieTable: {{ body: [{rows}] }} }}] }} }} }} }} }})"
    );
    let made = of(&text);
    assert!(
        made.toml.contains("duration = \"13 months\"") && made.toml.contains("duration = \"session\""),
        "{}",
        made.toml
    );
    let table = "language.translations.en.preferencesModal.sections.cookieTable";
    let found: Vec<_> =
        made.carried.left.iter().filter(|left| left.what.starts_with(&format!("{table}."))).collect();
    let what: Vec<_> = found.iter().map(|left| left.what.trim_start_matches(table)).collect();
    assert_eq!(what, [".domain", ".expiration", ".description"]);
    assert!(found[1].why.contains("`2 Jahre` is no duration"), "{}", found[1].why);
    let klaro = of(
        "var c = { services: [{ name: 'a', purposes: ['analytics'], cookies: ['one', ['two', '/shop', 'x.example']] }] }",
    );
    assert!(
        left(&klaro).contains(&"services.a.cookies")
            || left(&klaro).iter().any(|what| what.ends_with("cookies")),
        "{:?}",
        left(&klaro)
    );
}

#[test]
fn what_an_argument_is_called_is_not_what_else_has_that_name() {
    let made = of(
        "const days = 10; start(function (days) { run({ cookie: { expiresAfterDays: days }, categories: { a: {} } }) })",
    );
    assert!(left(&made).contains(&"cookie.expiresAfterDays"), "{}", made.toml);
    assert!(!made.toml.contains("ask_again_after"), "{}", made.toml);
}

#[test]
fn files_that_are_no_config_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.js");
    for (bytes, why) in [
        (&b"\xff\xfe{"[..], "not UTF-8"),
        (&vec![b' '; 600 * 1024][..], "larger than 512 KiB"),
        (b"<!doctype html><script>run({})</script>", "config.js:1:"),
        (b"\x7fELF\x02\x01\x01", "config.js:1:"),
        (b"[site]\nname = 1\n", "config.js:"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = command(&path, None).run().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert!(command(&folder.path().join("none.js"), None).run().is_err());
}

fn command(file: &Path, output: Option<&Path>) -> ImportConfig {
    ImportConfig {
        file: file.to_owned(),
        output: output.map(Path::to_owned),
        id: "newsroom".to_owned(),
        controller: Some("Example Ltd".to_owned()),
        privacy_url: Some("https://www.news.example/privacy".to_owned()),
        format: Printed::Human,
    }
}

/// Fills in what is marked.
fn filled(toml: &str) -> String {
    let mut out = String::new();
    for line in toml.lines() {
        let open = line.strip_prefix("# ").and_then(|line| line.strip_suffix(" = \"…\""));
        match open {
            None if line.starts_with("# ") && line.contains(" = { en = ") => {
                out.push_str(&format!(
                    "{}\n",
                    line.trim_start_matches("# ").replace('…', "Said by its owner.")
                ));
            }
            Some("duration") => out.push_str("duration = \"13 months\"\n"),
            Some(key @ ("owner" | "purpose" | "justification")) => {
                out.push_str(&format!("{key} = \"Said by its owner.\"\n"));
            }
            _ => out.push_str(&format!("{line}\n")),
        }
    }
    out
}

#[test]
fn what_is_filled_in_passes_the_real_check() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("orestbida", ORESTBIDA), ("klaro", KLARO)] {
        let (theirs, ours) = (folder.path().join(name), folder.path().join(format!("{name}.toml")));
        std::fs::write(&theirs, text).unwrap();
        let format = crate::cli::check::Format::Human { colour: false };
        let check = || {
            let mut out = Vec::new();
            let code = crate::cli::check::run(&ours, format, false, &mut out).unwrap();
            (code, String::from_utf8(out).unwrap())
        };
        let code = command(&theirs, Some(&ours)).run().unwrap();
        assert_eq!(
            (code, check().0),
            (ExitCode::FAILURE, ExitCode::FAILURE),
            "{name}: something is to be filled in"
        );
        let written = std::fs::read_to_string(&ours).unwrap();
        assert!(command(&theirs, Some(&ours)).run().is_err(), "what is there is not written over");
        assert_eq!(std::fs::read_to_string(&ours).unwrap(), written);
        std::fs::write(&ours, filled(&written)).unwrap();
        let (code, told) = check();
        assert_eq!(code, ExitCode::SUCCESS, "{told}\n{}", filled(&written));
    }
}

#[test]
fn a_name_that_says_otherwise_is_not_made_necessary() {
    let theirs = of(
        "run({ categories: { analytics: { readOnly: true, enabled: true, autoClear: { cookies: [{ name: 'v' }] } } } })",
    );
    assert_eq!(left(&theirs), ["categories.analytics", "categories.analytics.enabled"]);
    let klaro =
        of("c = { services: [{ name: 'ga', required: true, purposes: ['marketing'], cookies: ['v'] },\n\
                    { name: 'analytics', required: true, purposes: ['essential'], cookies: ['w'] }] }");
    assert_eq!(left(&klaro), ["services.ga", "services.analytics"]);
    for made in [theirs, klaro] {
        assert!(made.carried.left[0].why.contains("decide"), "{:?}", made.carried.left);
        assert!(!made.toml.lines().any(|line| line.starts_with("category")), "{}", made.toml);
        assert!(made.toml.contains("# category = \"…\"\n# name = \"v\""), "{}", made.toml);
    }
}

#[test]
fn every_way_to_change_a_config_is_listed() {
    for change in [
        "list.push({ name: 'b' })",
        "window.list.push({ name: 'b' })",
        "c.services.push({ name: 'b' })",
        "c.services[0].cookies = ['x']",
        "window.c.lang = 'fr'",
        "c.services[0].name += 'b'",
        "c.lang ??= 'fr'",
        "Object.assign(c, more)",
        "Object.assign(window.c, more)",
        "delete c.lang",
        "delete window.c.lang",
    ] {
        let text = format!(
            "list = [{{ name: 'a', purposes: ['analytics'] }}]; c = {{ services: list }};\n{change};"
        );
        let made = of(&text);
        assert_eq!(left(&made), ["a change"], "{change}");
        assert_eq!(place(&text, made.carried.left[0].at).0, 2, "{change}");
    }
    let global = of(
        "window.c = { services: [{ name: 'a', purposes: ['analytics'] }] };\nwindow.c.services.push(more);",
    );
    assert_eq!(left(&global), ["a change"]);
    let counted = of(
        "let days = 1; days += 2; run({ cookie: { expiresAfterDays: days }, categories: { analytics: {} } })",
    );
    assert_eq!(left(&counted), ["cookie.expiresAfterDays"]);
    let unlike =
        of("list = [1]; run({ categories: { analytics: {} } }); show(list.length == 1, other.list.push(2));");
    assert_eq!(left(&unlike), [""; 0]);
}

#[test]
fn what_could_not_be_read_is_listed_beside_what_could() {
    let made = of(
        "run({ categories: { analytics: {} } });\nrun({ categories: { ads: 1 2 } , b });\nrun({ categories: { a b } });",
    );
    assert_eq!(left(&made), ["another config", "an object"]);
}

#[test]
fn tables_and_services_that_are_not_written_are_listed() {
    let text = "run({ categories: { basic: { readOnly: true, services: { login: { label: 'Login' } } }, analytics: {} },\n\
        language: { default: 'en', translations: { en: { preferencesModal: { sections: [\n\
        { linkedCategory: 'analytics', cookieTable: { body: [{ id: 'a' }, { name: 'b' }] } },\n\
        { cookieTable: { body: [{ name: 'c' }] } },\n\
        { linkedCategory: 'none', cookieTable: { body: [{ name: 'd' }] } }, { title: 'Words' }] } } } } })";
    let lines = |text: &str| -> Vec<_> {
        let made = of(text);
        let left =
            made.carried.left.iter().filter(|left| !left.why.is_empty() && !left.why.starts_with("words"));
        left.map(|left| (place(text, left.at).0, left.what.clone())).collect()
    };
    let table = || "language.translations.en.preferencesModal.sections.cookieTable".to_owned();
    assert_eq!(lines(text), [(1, "service login".to_owned()), (3, table()), (4, table()), (5, table())]);
    assert_eq!(
        lines(
            "c = { services: [\n{ name: 'a', title: 'A', description: 'For a.', required: true }, { name: '日' , purposes: ['ads'] }] }"
        ),
        [(2, "service a".to_owned()), (2, "services.日".to_owned())]
    );
}

#[test]
fn a_star_in_a_text_is_no_pattern() {
    let theirs = of(
        "run({ categories: { analytics: { autoClear: { cookies: [{ name: '_ga*' }, { name: /^_pk/ }] } } },\n\
        language: { translations: { en: { preferencesModal: { sections: [{ linkedCategory: 'analytics', cookieTable: { body: [\n\
        { name: '_pk*', provider: 'P' }, { name: '_x*' }] } }] } } } } })",
    );
    let klaro = of("c = { services: [{ name: 'a', purposes: ['ads'], cookies: ['_ga*', /^_pk/] }] }");
    for (made, count) in [(theirs, 2), (klaro, 1)] {
        assert_eq!(made.carried.left.iter().filter(|left| left.why.contains("`*`")).count(), count);
        assert!(made.toml.contains("\"_pk*\"") && !made.toml.contains("_ga*") && !made.toml.contains("_x*"));
    }
}
