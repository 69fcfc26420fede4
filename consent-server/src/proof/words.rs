//! The words of the page, in the languages that it is written in.

use consent_core::choices::Choice;
use consent_core::regime::Rule;

/// What became of the question, over all categories that can be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Accepted,
    Refused,
    Mixed,
    Withdrawn,
}

/// The words of one language.
pub(super) struct Words {
    /// BCP 47.
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    pub(super) decision: &'static str,
    pub(super) choices: &'static str,
    pub(super) proof: &'static str,
    pub(super) label: Labels,
    pub(super) value: Values,
    pub(super) column: [&'static str; 4],
    pub(super) check: &'static [&'static str],
}

/// Before a value.
pub(super) struct Labels {
    pub(super) domain: &'static str,
    pub(super) page: &'static str,
    /// Before the name, with what separates them.
    pub(super) controller: &'static str,
    pub(super) privacy: &'static str,
    pub(super) consent_id: &'static str,
    pub(super) subject_id: &'static str,
    pub(super) decided_at: &'static str,
    pub(super) recorded_at: &'static str,
    pub(super) action: &'static str,
    pub(super) region: &'static str,
    pub(super) language: &'static str,
    pub(super) address: &'static str,
    pub(super) browser: &'static str,
    pub(super) signal: &'static str,
    pub(super) holds_for: &'static str,
    pub(super) notice: &'static str,
    pub(super) log: &'static str,
    pub(super) entry: &'static str,
    pub(super) root: &'static str,
    pub(super) leaf: &'static str,
    pub(super) path: &'static str,
    pub(super) key: &'static str,
}

/// Values that are words.
pub(super) struct Values {
    pub(super) not_kept: &'static str,
    pub(super) erased: &'static str,
    pub(super) on: &'static str,
    pub(super) off: &'static str,
    pub(super) days: &'static str,
    pub(super) unknown: &'static str,
    /// In place of rows.
    pub(super) nothing: &'static str,
    /// `{index}`, `{size}`, `{time}`.
    pub(super) entry: &'static str,
    /// `{count}`, `{first}`, `{last}`.
    pub(super) path: &'static str,
    /// `{count}`.
    pub(super) more: &'static str,
    /// `{count}`.
    pub(super) missing: &'static str,
    accepted: &'static str,
    refused: &'static str,
    mixed: &'static str,
    withdrawn: &'static str,
    granted: &'static str,
    denied: &'static str,
    always: &'static str,
    opt_in: &'static str,
    opt_out: &'static str,
    exempt: &'static str,
    actions: [(&'static str, &'static str); 8],
    browsers: [(&'static str, &'static str); 3],
}

impl Words {
    /// The words for a language: its own if the page is written in it, otherwise English.
    pub(super) fn of(language: &str) -> &'static Self {
        match language.split('-').next() {
            Some("fr") => &FRENCH,
            _ => &ENGLISH,
        }
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Accepted => self.value.accepted,
            Outcome::Refused => self.value.refused,
            Outcome::Mixed => self.value.mixed,
            Outcome::Withdrawn => self.value.withdrawn,
        }
    }

    /// What holds for one category.
    pub(super) fn choice(&self, rule: Rule, choice: Choice, is_withdrawn: bool) -> &'static str {
        match (rule, choice) {
            (Rule::Always, _) => self.value.always,
            (_, Choice::Grant) => self.value.granted,
            (_, Choice::Deny) if is_withdrawn => self.value.withdrawn,
            (_, Choice::Deny) => self.value.denied,
        }
    }

    /// What a category waits for; nothing for what is never asked.
    pub(super) fn rule(&self, rule: Rule) -> &'static str {
        match rule {
            Rule::OptIn => self.value.opt_in,
            Rule::OptOut => self.value.opt_out,
            Rule::Exempt => self.value.exempt,
            Rule::Always => "",
        }
    }

    pub(super) fn action(&self, action: &str) -> &'static str {
        find(&self.value.actions, action).unwrap_or(self.value.unknown)
    }

    pub(super) fn browser(&self, class: &str) -> &'static str {
        find(&self.value.browsers, class).unwrap_or(self.value.unknown)
    }
}

fn find(words: &[(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    words.iter().find(|(name, _)| *name == word).map(|(_, text)| *text)
}

const ENGLISH: Words = Words {
    language: "en",
    title: "Proof of consent",
    decision: "The decision",
    choices: "What was chosen",
    proof: "Where it is proven",
    label: Labels {
        domain: "Domain and site",
        page: "Page",
        controller: "Responsible: ",
        privacy: "Privacy policy",
        consent_id: "Consent id",
        subject_id: "Visitor (random number)",
        decided_at: "Visitor’s clock",
        recorded_at: "Server’s clock",
        action: "Action",
        region: "Region",
        language: "Language shown",
        address: "IP address",
        browser: "Kind of browser",
        signal: "Global Privacy Control",
        holds_for: "Holds for",
        notice: "Notice shown (SHA-256, base64url)",
        log: "Log",
        entry: "Entry",
        root: "Root",
        leaf: "Leaf",
        path: "Path, hashes",
        key: "Signed by",
    },
    value: Values {
        not_kept: "not kept",
        erased: "erased",
        on: "on",
        off: "off",
        days: "days",
        unknown: "not known",
        nothing: "nothing is declared",
        entry: "{index}, under a signed head of {size} entries; logged at {time}",
        path: "{count}: {first} – {last}",
        more: "and {count} more, in the notice with the hash above",
        missing: "{count} characters that the font of this page lacks are shown as □; the notice has them.",
        accepted: "Accepted",
        refused: "Refused",
        mixed: "Partly accepted",
        withdrawn: "Withdrawn",
        granted: "Granted",
        denied: "Refused",
        always: "Always active",
        opt_in: "waits for a yes",
        opt_out: "runs until a no",
        exempt: "needs no consent",
        actions: [
            ("accept_all", "accepted everything"),
            ("reject_all", "refused everything"),
            ("save", "chose for each category"),
            ("withdraw", "withdrew everything"),
            ("close", "closed the banner without a choice"),
            ("signal", "the browser’s signal refused"),
            ("import", "carried over from another platform"),
            ("handoff", "carried over from another site"),
        ],
        browsers: [("desktop", "computer"), ("mobile", "telephone or tablet"), ("bot", "program")],
    },
    column: ["Cookie or storage", "Provider", "Purpose", "Duration"],
    check: &[
        "This page sums up a receipt. The receipt is the proof; whoever knows the consent id can fetch it:",
        "{receipt}",
        "It is checked offline, with the public key of the log and any tool for C2SP tlog-proofs, or with:",
        "consent verify --receipt FILE --policy FILE",
    ],
};

const FRENCH: Words = Words {
    language: "fr",
    title: "Preuve de consentement",
    decision: "La décision",
    choices: "Ce qui a été choisi",
    proof: "Où cela est prouvé",
    label: Labels {
        domain: "Domaine et site",
        page: "Page",
        controller: "Responsable : ",
        privacy: "Politique de confidentialité",
        consent_id: "Numéro du consentement",
        subject_id: "Visiteur (numéro aléatoire)",
        decided_at: "Horloge du visiteur",
        recorded_at: "Horloge du serveur",
        action: "Action",
        region: "Région",
        language: "Langue affichée",
        address: "Adresse IP",
        browser: "Type de navigateur",
        signal: "Global Privacy Control",
        holds_for: "Valable",
        notice: "Avis affiché (SHA-256, base64url)",
        log: "Journal",
        entry: "Entrée",
        root: "Racine",
        leaf: "Feuille",
        path: "Chemin (SHA-256)",
        key: "Signé par",
    },
    value: Values {
        not_kept: "non conservée",
        erased: "effacé",
        on: "activé",
        off: "désactivé",
        days: "jours",
        unknown: "inconnu",
        nothing: "rien n’est déclaré",
        entry: "{index}, sous une tête signée de {size} entrées ; inscrite le {time}",
        path: "{count} : {first} – {last}",
        more: "et {count} de plus, dans l’avis dont l’empreinte figure plus haut",
        missing: "{count} caractères absents de la police de cette page sont remplacés par □ ; l’avis les contient.",
        accepted: "Accepté",
        refused: "Refusé",
        mixed: "Accepté en partie",
        withdrawn: "Retiré",
        granted: "Accepté",
        denied: "Refusé",
        always: "Toujours actif",
        opt_in: "attend un oui",
        opt_out: "actif jusqu’à un non",
        exempt: "dispensé de consentement",
        actions: [
            ("accept_all", "a tout accepté"),
            ("reject_all", "a tout refusé"),
            ("save", "a choisi par catégorie"),
            ("withdraw", "a tout retiré"),
            ("close", "a fermé le bandeau sans choisir"),
            ("signal", "le signal du navigateur a refusé"),
            ("import", "repris d’une autre plateforme"),
            ("handoff", "repris d’un autre site"),
        ],
        browsers: [("desktop", "ordinateur"), ("mobile", "téléphone ou tablette"), ("bot", "programme")],
    },
    column: ["Cookie ou stockage", "Fournisseur", "Finalité", "Durée"],
    check: &[
        "Cette page résume un reçu. Le reçu est la preuve ; qui connaît le numéro du consentement peut l’obtenir :",
        "{receipt}",
        "Il se vérifie hors ligne, avec la clé publique du journal et tout outil pour les tlog-proofs C2SP, ou par :",
        "consent verify --receipt FICHIER --policy FICHIER",
    ],
};
