//! Cookies and hosts that everybody knows: short lists of facts, gathered from what their makers document.

use consent_core::category::Category;

use super::super::own::is_at_or_below;

/// A cookie or a host that is never strictly necessary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tracker {
    /// What it is used for.
    pub(crate) category: Category,
    /// Its exact name, or what its names begin and end with, around a `*`.
    pub(crate) pattern: &'static str,
    /// Who reads it.
    pub(crate) owner: &'static str,
}

const fn ads(pattern: &'static str, owner: &'static str) -> Tracker {
    Tracker { category: Category::Advertisement, pattern, owner }
}

const fn analytics(pattern: &'static str, owner: &'static str) -> Tracker {
    Tracker { category: Category::Analytics, pattern, owner }
}

const TRACKERS: &[Tracker] = &[
    analytics("_ga", "Google Analytics"),
    analytics("_ga_*", "Google Analytics"),
    analytics("_gid", "Google Analytics"),
    analytics("_gat", "Google Analytics"),
    analytics("_gat_*", "Google Analytics"),
    analytics("__utma", "Google Analytics"),
    analytics("__utmb", "Google Analytics"),
    analytics("__utmc", "Google Analytics"),
    analytics("__utmt", "Google Analytics"),
    analytics("__utmv", "Google Analytics"),
    analytics("__utmz", "Google Analytics"),
    ads("_gac_*", "Google Ads"),
    ads("_gcl_*", "Google Ads"),
    ads("__gads", "Google Ad Manager"),
    ads("__gpi", "Google Ad Manager"),
    ads("IDE", "Google DoubleClick"),
    ads("DSID", "Google DoubleClick"),
    ads("test_cookie", "Google DoubleClick"),
    ads("NID", "Google"),
    ads("VISITOR_INFO1_LIVE", "YouTube"),
    ads("YSC", "YouTube"),
    ads("_fbp", "Meta"),
    ads("_fbc", "Meta"),
    ads("MUID", "Microsoft"),
    ads("_uetsid", "Microsoft Advertising"),
    ads("_uetvid", "Microsoft Advertising"),
    analytics("_clck", "Microsoft Clarity"),
    analytics("_clsk", "Microsoft Clarity"),
    ads("bcookie", "LinkedIn"),
    ads("li_sugr", "LinkedIn"),
    ads("UserMatchHistory", "LinkedIn"),
    ads("AnalyticsSyncHistory", "LinkedIn"),
    ads("_ttp", "TikTok"),
    ads("_tt_enable_cookie", "TikTok"),
    ads("_pin_unauth", "Pinterest"),
    ads("_pinterest_*", "Pinterest"),
    ads("_scid", "Snap"),
    ads("_scid_*", "Snap"),
    ads("_sctr", "Snap"),
    ads("_rdt_uuid", "Reddit"),
    ads("_twclid", "X"),
    ads("muc_ads", "X"),
    ads("personalization_id", "X"),
    ads("cto_bundle", "Criteo"),
    ads("t_gid", "Taboola"),
    ads("obuid", "Outbrain"),
    ads("__qca", "Quantcast"),
    ads("_cc_id", "Lotame"),
    ads("demdex", "Adobe"),
    analytics("AMCV_*", "Adobe"),
    analytics("s_vi", "Adobe Analytics"),
    analytics("_hj*", "Hotjar"),
    analytics("__hstc", "HubSpot"),
    analytics("hubspotutk", "HubSpot"),
    analytics("_pk_id", "Matomo"),
    analytics("_pk_id.*", "Matomo"),
    analytics("_pk_ses", "Matomo"),
    analytics("_pk_ses.*", "Matomo"),
    analytics("mp_*_mixpanel", "Mixpanel"),
    analytics("amplitude_id", "Amplitude"),
    analytics("amplitude_id_*", "Amplitude"),
    analytics("ajs_anonymous_id", "Segment"),
    analytics("_parsely_*", "Parse.ly"),
    analytics("_ym_*", "Yandex Metrica"),
    analytics("yandexuid", "Yandex"),
    analytics("_vwo_*", "VWO"),
    analytics("optimizelyEndUserId", "Optimizely"),
    analytics("_chartbeat*", "Chartbeat"),
];

/// Hosts that are asked for nothing but to count visitors or to follow them, each with all below it. Those that also serve what
/// a visitor may have asked for, as logging in or a film, are not among them.
const HOSTS: &[Tracker] = &[
    analytics("google-analytics.com", "Google Analytics"),
    analytics("analytics.google.com", "Google Analytics"),
    analytics("clarity.ms", "Microsoft Clarity"),
    analytics("hotjar.com", "Hotjar"),
    analytics("hotjar.io", "Hotjar"),
    analytics("mixpanel.com", "Mixpanel"),
    analytics("amplitude.com", "Amplitude"),
    analytics("segment.io", "Segment"),
    analytics("chartbeat.net", "Chartbeat"),
    analytics("mc.yandex.ru", "Yandex Metrica"),
    analytics("omtrdc.net", "Adobe Analytics"),
    ads("doubleclick.net", "Google DoubleClick"),
    ads("googlesyndication.com", "Google Ads"),
    ads("googleadservices.com", "Google Ads"),
    ads("bat.bing.com", "Microsoft Advertising"),
    ads("ads.linkedin.com", "LinkedIn"),
    ads("snap.licdn.com", "LinkedIn"),
    ads("analytics.tiktok.com", "TikTok"),
    ads("ct.pinterest.com", "Pinterest"),
    ads("tr.snapchat.com", "Snap"),
    ads("sc-static.net", "Snap"),
    ads("ads-twitter.com", "X"),
    ads("criteo.com", "Criteo"),
    ads("criteo.net", "Criteo"),
    ads("taboola.com", "Taboola"),
    ads("outbrain.com", "Outbrain"),
    ads("quantserve.com", "Quantcast"),
    ads("scorecardresearch.com", "Comscore"),
    ads("demdex.net", "Adobe"),
    ads("adnxs.com", "Xandr"),
    ads("rubiconproject.com", "Magnite"),
    ads("amazon-adsystem.com", "Amazon"),
];

/// The tracker that a declared name means. If it ends with a `*` it means all names that begin so, and a tracker among them is found.
pub(crate) fn find(declared: &str) -> Option<Tracker> {
    TRACKERS.iter().copied().find(|tracker| {
        let own = tracker.pattern.split_once('*');
        match (own, declared.strip_suffix('*')) {
            (None, None) => declared == tracker.pattern,
            (None, Some(stem)) => !stem.is_empty() && tracker.pattern.starts_with(stem),
            (Some((start, end)), None) => {
                declared.strip_prefix(start).is_some_and(|rest| !rest.is_empty() && rest.ends_with(end))
            }
            // Whatever follows what both begin with; where an identifier stands between two fixed parts, as long as it may be one.
            (Some((start, end)), Some(stem)) => {
                let may_be = |rest: &str| end.is_empty() || begins_like_an_identifier(rest, end);
                !stem.is_empty() && (start.starts_with(stem) || stem.strip_prefix(start).is_some_and(may_be))
            }
        }
    })
}

/// Whether `rest` is the beginning of a project's identifier, 32 hexadecimal digits, and then of `end`: `mp_cart_*` is no `mp_*_mixpanel`.
fn begins_like_an_identifier(rest: &str, end: &str) -> bool {
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    match rest.get(digits..).unwrap_or_default() {
        "" => digits <= 32,
        after => digits == 32 && end.starts_with(after),
    }
}

/// The tracker that a declared host, perhaps with a port, is one of.
pub(crate) fn find_host(declared: &str) -> Option<Tracker> {
    let host = declared.split(':').next().unwrap_or_default();
    HOSTS.iter().copied().find(|tracker| is_at_or_below(host, tracker.pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_trackers_by_name_and_by_start() {
        for name in [
            "_ga",
            "_ga_AB12CD",
            "_ga_*",
            "_ga*",
            "_fbp",
            "_gcl_au",
            "IDE",
            "_hjSessionUser_1",
            "_hjSession*",
            "__utma",
            "_g*",
            "_gat_UA-1-2",
            "_pk_id.1.1fff",
            "_pk_*",
            "mp_0a1b_mixpanel",
            "mp_0a1b*",
            "mp_*",
            "mp_0123456789abcdef0123456789abcdef_*",
            "mp_0123456789abcdef0123456789abcdef_mix*",
        ] {
            assert!(find(name).is_some(), "{name}");
        }
        for name in [
            "",
            "session",
            "csrf_token",
            "_gallery",
            "ide",
            "*",
            "consent",
            "_gate",
            "_gaudi",
            "_gid2",
            "__utmost",
            "_pk_idle",
            "mp_session",
            "mp_cart_*",
            "mp_cafe_*",
            "mp_0123456789abcdef0123456789abcdef0*",
            "mp_0123456789abcdef0123456789abcdef_cart*",
            "mp__session_mixpanel2",
            "_gallery*",
            "IDEA*",
            "_ga_",
        ] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn knows_hosts_and_all_below_them() {
        for name in [
            "google-analytics.com",
            "region1.google-analytics.com",
            "stats.g.doubleclick.net:443",
            "ads.linkedin.com",
            "px.ads.linkedin.com",
        ] {
            assert!(find_host(name).is_some(), "{name}");
        }
        for name in [
            "",
            "com",
            "google.com",
            "notclarity.ms",
            "clarity.ms.example",
            "paper.example",
            "linkedin.com",
            "www.linkedin.com",
            "badads.linkedin.com",
        ] {
            assert!(find_host(name).is_none(), "{name}");
        }
        for tracker in HOSTS {
            assert_eq!(find_host(tracker.pattern).map(|found| found.pattern), Some(tracker.pattern));
        }
    }

    #[test]
    fn no_entry_hides_behind_another() {
        for tracker in TRACKERS {
            assert_eq!(find(tracker.pattern).map(|found| found.pattern), Some(tracker.pattern));
        }
    }
}
