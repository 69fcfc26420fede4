//! `[server]`

use std::net::SocketAddr;

use http::HeaderValue;
use ipnet::IpNet;
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::ServerDraft;
use super::super::model::{DEFAULT_CONTENT_SECURITY_POLICY, ServerConfig};
use super::super::section::Field;
use super::super::sources::Sources;
use super::address::{is_host, network};
use super::region;
use super::site::value_or;
use super::tags::listed;

/// Where the server listens if nothing is said: this machine only.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

pub(super) fn build(draft: &ServerDraft, sources: &Sources, report: &mut Report) -> Option<ServerConfig> {
    let host = text(
        "localhost",
        &draft.host,
        |text| is_host(text).then(|| text.to_owned()),
        |span, text| {
            let help = "write a lower-case host name without scheme and port, such as `consent.example.org`";
            report.error(Code::Host, span, format!("`{text}` is not a host name"), help);
        },
    );
    let listen = match &draft.listen {
        Field::Absent => Some(DEFAULT_LISTEN),
        field => text(
            "",
            field,
            |text| text.parse().ok(),
            |span, text| {
                let help = "write an IP address and a port, such as `127.0.0.1:8080` or `[::]:8080`";
                report.error(Code::Listen, span, format!("`{text}` is not an address to listen on"), help);
            },
        ),
    };
    let policy = text(
        DEFAULT_CONTENT_SECURITY_POLICY,
        &draft.content_security_policy,
        |text| {
            (!text.is_empty() && HeaderValue::from_str(text).is_ok_and(|value| value.to_str().is_ok()))
                .then(|| text.to_owned())
        },
        |span, _| {
            let message = "`content_security_policy` can not be sent as a header".to_owned();
            report.error(
                Code::ContentSecurityPolicy,
                span,
                message,
                "write it in one line of ASCII, or leave the key out",
            );
        },
    );
    let pages = match &draft.pages {
        Field::Absent => Some(None),
        Field::Broken => None,
        Field::Set(text) => {
            let path = report.reads(sources.beside(text));
            if text.get_ref().is_empty() || !path.is_dir() {
                let message = format!("the folder `{}` is not there", text.get_ref());
                let help =
                    "write a folder's path, counted from the folder of this file, or leave the key out";
                report.error(Code::Pages, text.span(), message, help);
                None
            } else {
                Some(Some(path))
            }
        }
    };
    let trusted_proxies = proxies(&draft.trusted_proxies, report);
    let region = region::build(draft, sources, report);
    let reload_on_change = value_or(&draft.reload_on_change, true);
    let console = value_or(&draft.console, true);
    Some(ServerConfig {
        console: console?,
        content_security_policy: policy?,
        host: host?,
        listen: listen?,
        // Looks at the sites too, and is told by whoever knows them.
        openid: None,
        pages: pages?,
        region: region?,
        reload_on_change: reload_on_change?,
        trusted_proxies: trusted_proxies?,
    })
}

fn proxies(field: &Field<Vec<Spanned<String>>>, report: &mut Report) -> Option<Vec<IpNet>> {
    let networks: Vec<_> = listed(field)?.iter().map(|text| (text, network(text.get_ref()))).collect();
    for (text, _) in networks.iter().filter(|(_, network)| network.is_none()) {
        let message = format!("`{}` is no address of a proxy", text.get_ref());
        let help =
            "write an IP address, or a network such as `10.0.0.0/8`, but not one that holds every address";
        report.error(Code::TrustedProxy, text.span(), message, help);
    }
    networks.into_iter().map(|(_, network)| network).collect()
}

/// `default` or the text of `field` as `read` takes it; `refuse` says why not.
fn text<T>(
    default: &str,
    field: &Field<String>,
    read: impl Fn(&str) -> Option<T>,
    refuse: impl FnOnce(std::ops::Range<usize>, &str),
) -> Option<T> {
    match field {
        Field::Absent => read(default),
        Field::Broken => None,
        Field::Set(text) => {
            let value = read(text.get_ref());
            if value.is_none() {
                refuse(text.span(), text.get_ref());
            }
            value
        }
    }
}
