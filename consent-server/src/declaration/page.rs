//! The declaration as a page: no script, nothing from anywhere else, in the colours of the site's banner.

use consent_core::bundle::page::{escaped, source};
use consent_core::notice::{Colours, Direction, Logo, Notice, NoticeBody, SiteTheme, StorageKind, Theme};
use consent_core::regime::{Region, Rule};

use super::{
    Declaration, DeclaredCategory, DeclaredCookie, DeclaredHost, DeclaredService, DeclaredTransfer,
    DeclaredVendor,
};
use crate::config::{DeclarationWords, SiteConfig};

const STYLE: &str = include_str!("../../consent-js/declaration.css");

/// The most languages that stand side by side; more open on demand.
const SIDE_BY_SIDE: usize = 6;

/// The page, and the policy that it has to be sent with. `asked` is the region that the address asks for, which links to other
/// languages keep.
pub(crate) fn page(
    site: &SiteConfig,
    notice: &Notice,
    declaration: &Declaration,
    asked: Option<Region>,
) -> (String, String) {
    let writer = Writer { site, notice, words: site.declaration_words(&declaration.language) };
    let style = format!("{STYLE}{}", colours(notice.theme.as_ref()));
    let logo = notice.theme.as_ref().and_then(|theme| theme.logo.as_ref());
    // Part of the notice. One that is a path of the site may not be had from this server.
    let logo = logo.filter(|logo| logo.src.starts_with("data:"));
    let policy = format!(
        "default-src 'none'; style-src {};{} base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        source(&style),
        if logo.is_some() { " img-src data:;" } else { "" },
    );
    (writer.document(declaration, &style, logo, asked), policy)
}

/// The colours of a site's banner; of its buttons there are none here.
fn colours(theme: Option<&SiteTheme>) -> String {
    let Some(theme) = theme else { return String::new() };
    let rules = |colours: Option<Colours>| {
        let Colours { background, line, text, text_soft, .. } = colours.unwrap_or_default();
        let named = [("paper", background), ("ink", text), ("soft", text_soft), ("line", line)];
        let set = named.into_iter().filter_map(|(name, colour)| Some(format!("--{name}:{};", colour?)));
        set.collect::<String>()
    };
    let (light, dark) = (rules(theme.light), rules(theme.dark));
    format!(
        ":root{{{light}}}:root[data-theme=dark]{{{dark}}}\
         @media(prefers-color-scheme:dark){{:root[data-theme=auto]{{{dark}}}}}"
    )
}

struct Writer<'a> {
    site: &'a SiteConfig,
    notice: &'a NoticeBody,
    words: DeclarationWords,
}

impl Writer<'_> {
    fn document(
        &self,
        declaration: &Declaration,
        style: &str,
        logo: Option<&Logo>,
        asked: Option<Region>,
    ) -> String {
        let direction = match declaration.direction {
            Direction::Ltr => "ltr",
            Direction::Rtl => "rtl",
        };
        let theme = match self.notice.layout.theme {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        // Beside the name, which says the same.
        let logo = logo.map(|logo| format!(r#"<img class="logo" src="{}" alt="">"#, escaped(&logo.src)));
        format!(
            r#"<!doctype html>
<html lang="{language}" dir="{direction}" data-theme="{theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} – {name}</title>
<link rel="alternate" type="application/json" href="declaration{query}">
<style>{style}</style>
</head>
<body>
<header>
<p class="site">{logo}<bdi>{name}</bdi></p>
{languages}</header>
<main class="consent-declaration">
<h1>{title}</h1>
<p>{intro}</p>
{facts}{categories}</main>
</body>
</html>
"#,
            language = escaped(&declaration.language),
            title = escaped(&self.words.title),
            name = escaped(&declaration.name),
            query = query(&declaration.language, asked),
            logo = logo.unwrap_or_default(),
            languages = self.languages(declaration, asked),
            intro = escaped(&self.notice.texts.settings_body),
            facts = self.facts(declaration),
            categories =
                declaration.categories.iter().map(|category| self.category(category)).collect::<String>(),
        )
    }

    /// Links to the same page in the other languages.
    fn languages(&self, declaration: &Declaration, asked: Option<Region>) -> String {
        let named = self.site.named_languages();
        if named.len() < 2 {
            return String::new();
        }
        let link = |(language, name): &(&crate::config::Language, String)| {
            let code = language.as_str();
            let current = if code == declaration.language { r#" aria-current="true""# } else { "" };
            format!(
                r#"<li><a href="{}" hreflang="{code}" lang="{code}"{current}>{}</a></li>
"#,
                query(code, asked),
                escaped(name)
            )
        };
        let list = format!("<ul>\n{}</ul>", named.iter().map(link).collect::<String>());
        let label = escaped(&self.words.languages);
        let list = if named.len() > SIDE_BY_SIDE {
            format!("<details>\n<summary>{label}</summary>\n{list}\n</details>")
        } else {
            list
        };
        format!("<nav aria-label=\"{label}\">\n{list}\n</nav>\n")
    }

    /// Who answers for the data, and since when this is declared.
    fn facts(&self, declaration: &Declaration) -> String {
        let controller = format!(
            r#"<bdi>{}</bdi><br><a href="{}">{}</a>"#,
            escaped(&declaration.controller.name),
            escaped(&self.link(&declaration.controller.privacy_url)),
            escaped(&self.notice.texts.privacy_policy)
        );
        let id = declaration.notice_id.to_string();
        let short: String = id.chars().take(12).collect();
        let day = declaration.published_at.as_deref().and_then(|time| time.split_once('T'));
        let date = day.map(|(day, _)| format!(r#"<time datetime="{day}">{day}</time><br>"#));
        let version =
            format!(r#"{}<a href="notices/{id}.html"><code>{short}…</code></a>"#, date.unwrap_or_default());
        format!(
            "<dl class=\"facts\">\n{}{}</dl>\n",
            entry(&escaped(&self.words.controller), [controller]),
            entry(&escaped(&self.words.version), [version])
        )
    }

    /// An address as it leads from this page. Paths are those of the site, which lists where it is if that is not this server: the
    /// first address of `origins` that is no developer's.
    fn link(&self, address: &str) -> String {
        let origins = &self.site.origins;
        match origins.iter().find(|origin| origin.starts_with("https://")).or(origins.first()) {
            Some(origin) if address.starts_with('/') => format!("{origin}{address}"),
            _ => address.to_owned(),
        }
    }

    fn category(&self, declared: &DeclaredCategory) -> String {
        let texts = &self.notice.texts;
        let rule = match declared.rule {
            Rule::Always => &texts.always_active,
            Rule::OptIn => &self.words.opt_in,
            Rule::OptOut | Rule::Exempt => &self.words.opt_out,
        };
        let own: Vec<_> = declared.cookies.iter().filter(|cookie| cookie.service.is_none()).collect();
        let table = if declared.cookies.is_empty() {
            format!("<p class=\"consent-soft\">{}</p>\n", escaped(&texts.cookies_none))
        } else {
            self.table(&declared.title, &own)
        };
        let services = declared.services.iter().map(|service| self.service(declared, service));
        let own_hosts = declared.hosts.iter().filter(|host| host.service.is_none());
        format!(
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n<p class=\"consent-soft\">{rule}</p>\n\
             <p>{description}</p>\n{table}{services}{lists}</section>\n",
            id = declared.category.as_str(),
            title = escaped(&declared.title),
            rule = escaped(rule),
            description = escaped(&declared.description),
            services = services.collect::<String>(),
            lists = list(&[self.hosts(own_hosts), self.vendors(declared)]),
        )
    }

    fn service(&self, of: &DeclaredCategory, service: &DeclaredService) -> String {
        let is_its = |named: &Option<String>| named.as_ref() == Some(&service.id);
        let cookies: Vec<_> = of.cookies.iter().filter(|cookie| is_its(&cookie.service)).collect();
        let hosts = of.hosts.iter().filter(|host| is_its(&host.service));
        let vendor = service.vendor.as_ref().filter(|vendor| **vendor != service.name);
        let vendor = vendor.map(|vendor| format!(" (<bdi>{}</bdi>)", escaped(vendor)));
        format!(
            "<section aria-labelledby=\"service-{id}\">\n<h3 id=\"service-{id}\">{name}</h3>\n<p>{purpose}{vendor}</p>\n\
             {table}{hosts}</section>\n",
            id = service.id,
            name = escaped(&service.name),
            purpose = escaped(&service.purpose),
            vendor = vendor.unwrap_or_default(),
            table = self.table(&service.name, &cookies),
            hosts = list(&[self.hosts(hosts)]),
        )
    }

    /// A row is a card where there is little room: then browsers forget that it is a table, and the roles say so.
    fn table(&self, caption: &str, cookies: &[&DeclaredCookie]) -> String {
        if cookies.is_empty() {
            return String::new();
        }
        let texts = &self.notice.texts;
        let heads = [
            &texts.column_name,
            &self.words.kind,
            &texts.column_owner,
            &texts.column_purpose,
            &texts.column_duration,
        ]
        .map(|head| escaped(head));
        let head = heads.iter().map(|head| format!(r#"<th role="columnheader" scope="col">{head}</th>"#));
        let row = |cookie: &&DeclaredCookie| {
            let kind = match cookie.kind {
                StorageKind::Cookie => &self.words.cookie,
                StorageKind::LocalStorage => &self.words.local_storage,
                StorageKind::SessionStorage => &self.words.session_storage,
            };
            let cells = [
                escaped(kind),
                format!("<bdi>{}</bdi>", escaped(&cookie.owner)),
                escaped(&cookie.purpose),
                escaped(&cookie.duration),
            ];
            let cells = heads.iter().skip(1).zip(cells);
            let cells =
                cells.map(|(head, cell)| format!(r#"<td role="cell" data-head="{head}">{cell}</td>"#));
            format!(
                "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><code>{}</code></th>{}</tr>\n",
                escaped(&cookie.name),
                cells.collect::<String>()
            )
        };
        format!(
            "<table role=\"table\">\n<caption>{}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">{}</tr></thead>\n\
             <tbody role=\"rowgroup\">\n{}</tbody>\n</table>\n",
            escaped(caption),
            head.collect::<String>(),
            cookies.iter().map(row).collect::<String>()
        )
    }

    fn hosts<'h>(&self, hosts: impl Iterator<Item = &'h DeclaredHost>) -> String {
        let names = hosts.map(|host| format!("<code>{}</code>", escaped(&host.name)));
        entry(&escaped(&self.notice.texts.hosts), names)
    }

    fn vendors(&self, of: &DeclaredCategory) -> String {
        let links = of.vendors.iter().map(|vendor| {
            format!(
                r#"<a href="{}"><bdi>{}</bdi></a>{}"#,
                escaped(&self.link(&vendor.privacy_url)),
                escaped(&vendor.name),
                self.transfers(vendor)
            )
        });
        entry(&escaped(&self.notice.texts.vendors_title), links)
    }

    /// The countries to which a third party takes data, by their codes, each with what protects it there.
    fn transfers(&self, vendor: &DeclaredVendor) -> String {
        if vendor.transfers.is_empty() {
            return String::new();
        }
        let countries = vendor.transfers.iter().map(|DeclaredTransfer { safeguard, to, .. }| {
            format!("<li><abbr>{}</abbr> ({})</li>", escaped(to), escaped(safeguard))
        });
        let head = escaped(&self.notice.texts.transfers);
        format!("<p class=\"consent-soft\">{head}</p><ul>{}</ul>", countries.collect::<String>())
    }
}

/// The address of the same page in a language.
fn query(language: &str, asked: Option<Region>) -> String {
    let region = asked.map(|region| format!("&amp;region={region}"));
    format!("?lang={language}{}", region.unwrap_or_default())
}

/// A name and what stands under it; nothing if that is nothing.
fn entry(name: &str, values: impl IntoIterator<Item = String>) -> String {
    let values: String = values.into_iter().map(|value| format!("<dd>{value}</dd>")).collect();
    if values.is_empty() { values } else { format!("<div><dt>{name}</dt>{values}</div>\n") }
}

fn list(entries: &[String]) -> String {
    let entries = entries.concat();
    if entries.is_empty() { entries } else { format!("<dl>\n{entries}</dl>\n") }
}
