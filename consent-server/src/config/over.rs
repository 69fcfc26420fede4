//! One table over another: what is said nearer wins.
//!
//! Tables become one table. A list of values takes the place of the one that is further away. A list of tables is added to
//! it, except that a table which names the same thing as one that is further away is laid over that one, at its place.
//! An empty list takes nothing over.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The keys by which two tables of a list name the same thing.
const NAMES: [(&str, &[&str]); 5] = [
    ("cookie", &["name", "kind"]),
    ("host", &["name"]),
    ("service", &["id"]),
    ("vendor", &["name", "category"]),
    ("webhook", &["id"]),
];

/// `near` over `far`.
pub(super) fn over<'i>(mut far: DeTable<'i>, near: DeTable<'i>) -> DeTable<'i> {
    for (key, value) in near {
        let value = match far.remove(key.get_ref().as_ref()) {
            Some(other) => joined(key.get_ref(), other, value),
            None => value,
        };
        far.insert(key, value);
    }
    far
}

fn joined<'i>(key: &str, far: Spanned<DeValue<'i>>, near: Spanned<DeValue<'i>>) -> Spanned<DeValue<'i>> {
    let span = near.span();
    let value = match (far.into_inner(), near.into_inner()) {
        (DeValue::Table(far), DeValue::Table(near)) => DeValue::Table(over(far, near)),
        (DeValue::Array(far), DeValue::Array(near)) if of_tables(&far) && of_tables(&near) => {
            DeValue::Array(added(key, far, near))
        }
        (_, near) => near,
    };
    Spanned::new(span, value)
}

fn of_tables(items: &DeArray<'_>) -> bool {
    !items.is_empty() && items.iter().all(|item| item.get_ref().is_table())
}

fn added<'i>(key: &str, far: DeArray<'i>, near: DeArray<'i>) -> DeArray<'i> {
    let names = NAMES.iter().find(|(list, _)| *list == key).map_or(&[][..], |(_, names)| names);
    // What is nearer takes a table's place once: a second one of that name is a table more, and found to be declared twice.
    let mut items: Vec<_> = far.into_iter().map(|item| (item, false)).collect();
    for item in near {
        let same = items.iter_mut().find(|(other, taken)| !taken && same(names, other, &item));
        match same {
            Some((other, taken)) => {
                let far = std::mem::replace(other, Spanned::new(0..0, DeValue::Boolean(false)));
                *other = joined(key, far, item);
                *taken = true;
            }
            None => items.push((item, true)),
        }
    }
    items.into_iter().map(|(item, _)| item).collect()
}

/// Whether two tables name the same thing.
fn same(names: &[&str], one: &Spanned<DeValue<'_>>, other: &Spanned<DeValue<'_>>) -> bool {
    let (Some(one), Some(other)) = (one.get_ref().as_table(), other.get_ref().as_table()) else {
        return false;
    };
    let text = |table: &DeTable<'_>, key: &str| {
        table.get(key).and_then(|value| value.get_ref().as_str()).map(str::to_owned)
    };
    // What is left out is said by its default.
    let text = |table: &DeTable<'_>, key: &str| {
        text(table, key).or_else(|| (key == "kind").then(|| "cookie".to_owned()))
    };
    let named = names.first().is_some_and(|name| text(one, name).is_some());
    named && names.iter().all(|name| text(one, name) == text(other, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(far: &str, near: &str) -> String {
        let parse = |text| DeTable::parse(text).unwrap().into_inner();
        let table = over(parse(far), parse(near));
        toml::to_string(&plain(&table)).unwrap()
    }

    /// As plain TOML, to be compared.
    fn plain(table: &DeTable<'_>) -> toml::Table {
        fn value(inner: &DeValue<'_>) -> toml::Value {
            match inner {
                DeValue::Table(inner) => toml::Value::Table(plain(inner)),
                DeValue::Array(items) => {
                    toml::Value::Array(items.iter().map(|item| value(item.get_ref())).collect())
                }
                DeValue::Boolean(inner) => toml::Value::Boolean(*inner),
                other => toml::Value::String(other.as_str().expect("a text").to_owned()),
            }
        }
        table.iter().map(|(key, inner)| (key.get_ref().to_string(), value(inner.get_ref()))).collect()
    }

    fn same_as(far: &str, near: &str, expected: &str) {
        let expected: toml::Table = expected.parse().unwrap();
        assert_eq!(laid(far, near), toml::to_string(&expected).unwrap(), "{far} {near}");
    }

    #[test]
    fn what_is_said_nearer_wins_and_tables_become_one() {
        same_as("a = true\nb = 'x'\n", "b = 'y'\nc = 'z'\n", "a = true\nb = 'y'\nc = 'z'\n");
        same_as("[t]\na = 'x'\n[t.u]\nb = 'x'\n", "[t.u]\nb = 'y'\n", "[t]\na = 'x'\n[t.u]\nb = 'y'\n");
        same_as("t = 'x'\n", "[t]\na = 'x'\n", "[t]\na = 'x'\n");
        same_as("[t]\na = 'x'\n", "t = 'x'\n", "t = 'x'\n");
    }

    #[test]
    fn a_list_of_values_takes_the_place_and_an_empty_one_takes_nothing_over() {
        same_as("l = ['a', 'b']\n", "l = ['c']\n", "l = ['c']\n");
        same_as("l = ['a', 'b']\n", "l = []\n", "l = []\n");
        same_as("[[cookie]]\nname = 'a'\n", "cookie = []\n", "cookie = []\n");
        same_as("cookie = []\n", "[[cookie]]\nname = 'a'\n", "[[cookie]]\nname = 'a'\n");
    }

    #[test]
    fn a_list_of_tables_grows_and_a_table_of_the_same_name_is_laid_over() {
        same_as(
            "[[cookie]]\nname = 'a'\nowner = 'x'\n[[cookie]]\nname = 'b'\n",
            "[[cookie]]\nname = 'c'\n[[cookie]]\nname = 'a'\nduration = 'y'\n",
            "[[cookie]]\nduration = 'y'\nname = 'a'\nowner = 'x'\n[[cookie]]\nname = 'b'\n[[cookie]]\nname = 'c'\n",
        );
        // Another kind is another thing, and so is the vendor of another category.
        same_as(
            "[[cookie]]\nname = 'a'\n[[vendor]]\nname = 'v'\ncategory = 'x'\n",
            "[[cookie]]\nname = 'a'\nkind = 'k'\n[[vendor]]\nname = 'v'\ncategory = 'y'\n",
            "[[cookie]]\nname = 'a'\n[[cookie]]\nname = 'a'\nkind = 'k'\n\
             [[vendor]]\nname = 'v'\ncategory = 'x'\n[[vendor]]\nname = 'v'\ncategory = 'y'\n",
        );
        // Other tables have no name.
        same_as(
            "[[other]]\nby = 'a'\n",
            "[[other]]\nby = 'a'\n",
            "[[other]]\nby = 'a'\n[[other]]\nby = 'a'\n",
        );
    }

    #[test]
    fn what_is_declared_twice_nearer_stays_twice() {
        same_as(
            "[[host]]\nname = 'a'\n",
            "[[host]]\nname = 'a'\n[[host]]\nname = 'a'\n",
            "[[host]]\nname = 'a'\n[[host]]\nname = 'a'\n",
        );
    }
}
