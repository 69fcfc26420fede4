//! Files that are broken, or written to do harm: they are refused, or end quickly and small.

use super::*;

#[test]
fn texts_of_a_file_can_not_leave_their_quotes() {
    for hostile in
        ["a\nb", "\"", "\\", "'''", "\"\"\"", "\u{7f}", "# x", "]\n[[site]]\nid=\"b\"", "\u{2028}", "é"]
    {
        let name = serde_json::Value::from(hostile).to_string();
        let text = format!(
            "CookieConsent.run({{ cookie: {{ name: {name} }}, categories: {{ {name}: {{ services: {{ {name}: {{ label: {name} }} }} }}, \
             analytics: {{ services: {{ s: {{ label: {name} }} }}, autoClear: {{ cookies: [{{ name: {name} }}] }} }} }}, \
             language: {{ default: {name}, translations: {{ {name}: {{}} }} }} }})"
        );
        let made = of(&text);
        let table: toml::Table = made.toml.parse().unwrap_or_else(|error| panic!("{error}\n{}", made.toml));
        assert_eq!(table["site"].as_array().map(Vec::len), Some(1), "{}", made.toml);
    }
}

#[test]
fn a_fault_has_its_line_and_column_and_nothing_is_run() {
    let fault = |text: &str| made(text, &KNOWN).err().map(|fault| place(text, fault.at));
    assert_eq!(fault("CookieConsent.run({\n  categories: { a: {} \n"), Some((3, 1)));
    assert_eq!(fault("{\n \"categories\": { \"a\" {} } }"), Some((2, 22)));
    assert_eq!(fault("run()"), Some((1, 1)));
    assert_eq!(fault(""), Some((1, 1)));
    assert_eq!(fault("throw new Error('run'); while (true) {}"), Some((1, 1)));
    // What a call or a getter would give is not known.
    let made = of(
        "CookieConsent.run({ cookie: make(), mode: (() => 'x')(), categories: { analytics: { get enabled() { return true } } } })",
    );
    assert!(left(&made).contains(&"mode"));
}

#[test]
fn every_prefix_is_refused_or_gives_something_that_parses() {
    for text in [ORESTBIDA, KLARO] {
        for (end, _) in text.char_indices().step_by(7) {
            if let Ok(made) = made(&text[..end], &KNOWN) {
                assert!(made.toml.parse::<toml::Table>().is_ok(), "{}", made.toml);
            }
        }
    }
}

#[test]
fn what_goes_too_deep_or_refers_to_itself_ends() {
    let deep =
        |open: &str, count: usize| format!("CookieConsent.run({{ categories: {{ a: {} 1", open.repeat(count));
    let most = usize::try_from(script::MAX_BYTES).unwrap() - 100;
    for open in [
        "[", "(", "{a:", "!", "-", "~", "a?", "a=", "x=>", "`${", "+", "new ", "typeof ", "await ", "if(1)",
        "a.b(", "a??",
    ] {
        assert!(made(&deep(open, most / open.len()), &KNOWN).is_err(), "{open}");
    }
    for open in ["if(1)", "a:", "do ", "x=>", "a=", "else "] {
        assert!(made(&open.repeat(most / open.len()), &KNOWN).is_err(), "{open}");
    }
    let made = of(
        "const a = { b: c }; const c = { d: a }; const l = [l]; CookieConsent.run({ categories: { a: {} } });",
    );
    assert!(!made.toml.is_empty());
    let wide = format!(
        "const a = [{}]; const b = [{}]; CookieConsent.run({{ categories: {{ x: b }} }})",
        "1,".repeat(400),
        "a,".repeat(400)
    );
    assert!(super::made(&wide, &KNOWN).is_err(), "160,000 values");
}

#[test]
fn a_text_that_is_named_again_and_again_is_refused() {
    let long = "x".repeat(100_000);
    let doubled =
        (1..18).map(|step| format!("const a{step} = a{} + a{};", step - 1, step - 1)).collect::<String>();
    for text in [
        format!("const a0 = '{long}'; {doubled} run({{ categories: {{ a: {{ label: a17 }} }} }})"),
        format!("const a = '{long}'; run({{ categories: {{ a: {{ list: [{}] }} }} }})", "a,".repeat(10_000)),
    ] {
        assert!(made(&text, &KNOWN).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn nothing_that_is_written_makes_it_fail(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        if let Ok(made) = made(&text, &KNOWN) {
            proptest::prop_assert!(made.toml.parse::<toml::Table>().is_ok());
        }
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "`",
    "${",
    "'",
    "\"",
    "/",
    "\\",
    "\\u",
    "\\u{",
    "\\x4",
    "\n",
    "//",
    "/*",
    "*/",
    ",",
    ":",
    ";",
    "=",
    "=>",
    "...",
    "+",
    "!",
    "-",
    ".",
    "0",
    "1e9",
    "a",
    "é",
    "const ",
    "function ",
    "get ",
    "categories",
    "services",
    "name",
    "run({categories:{a:",
];

#[test]
fn json_has_no_character_that_a_terminal_obeys() {
    let text = "c = { '\u{9b}31m\u{202e}': 1, services: [{ name: 'a\u{9d}', title: '\u{2066}', purposes: ['ads'] }] }";
    let json = of(text).json(text, true);
    let written = escaped(&json);
    assert!(
        written.chars().all(|character| visible(character.encode_utf8(&mut [0; 4])).chars().count() == 1)
    );
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json);
}

/// As many pieces as a file can have.
fn full(piece: impl Fn(usize) -> String, most: usize) -> String {
    let mut out = String::new();
    for at in 0.. {
        let next = piece(at);
        if out.len() + next.len() > most {
            break;
        }
        out.push_str(&next);
    }
    out
}

#[test]
fn a_hostile_file_ends_quickly_and_small() {
    let refused = |text: &str, why: &str| {
        assert!(text.len() <= 512 * 1024);
        let fault = made(text, &KNOWN).err().map(|fault| fault.message);
        assert!(fault.as_ref().is_some_and(|said| said.contains(why)), "{why}: {fault:?}");
    };
    let languages = full(|at| format!("a{at}:{{}},"), 60_000);
    let services = full(|at| format!("{{name:'s{at}'}},"), 60_000);
    refused(&format!("c={{translations:{{{languages}}},services:[{services}]}}"), "100 languages");
    refused(
        &format!("run({{categories:{{a:{{}}}},language:{{translations:{{{languages}}}}}}})"),
        "100 languages",
    );
    refused(&format!("c={{services:[{services}]}}"), "2000 categories, services and cookies");
    let cookies = full(|at| format!("'c{at}',"), 400_000);
    refused(&format!("c={{services:[{{name:'a',cookies:[{cookies}]}}]}}"), "2000 categories");
    refused(&format!("run({{categories:{{a:{{autoClear:{{cookies:[{cookies}]}}}}}}}})"), "2000 categories");
    let rows = full(|at| format!("{{name:'c{at}'}},"), 300_000);
    refused(
        &format!(
            "run({{categories:{{a:{{}}}},language:{{translations:{{en:{{preferencesModal:{{sections:[{{linkedCategory:'a',cookieTable:{{body:[{rows}]}}}}]}}}}}}}}}})"
        ),
        "2000 categories",
    );
    let (long, some) = ("x".repeat(400_000), "'c',".repeat(1_900));
    refused(&format!("c={{services:[{{name:'a',description:'{long}',cookies:[{some}]}}]}}"), "said again");
    refused(&format!("c={{lang:'{long}',services:[{{name:'a'}}]}}"), "35 bytes");
    refused(&format!("run({{categories:{{{long}:{{services:{{a:{{}}}}}}}}}})"), "200 bytes");
    let most = full(|at| if at < 100 { format!("a{at}:{{}},") } else { " ".repeat(600_000) }, 500_000);
    let some = full(
        |at| if at < 990 { format!("{{name:'s{at}',cookies:['c{at}']}},") } else { " ".repeat(600_000) },
        500_000,
    );
    let unknown = format!("x:[{}]", "y,".repeat(60_000));
    let made = of(&format!("c={{translations:{{{most}}},services:[{some}],{unknown}}}"));
    assert!(made.carried.left.len() == limits::MAX_LISTED + 1 && made.toml.len() < 8 * 1024 * 1024);
    assert!(made.human("a", "").len() < 1024 * 1024);
}
