//! The types that have a text form of their own, as the description of the interface has them. What is written as it is declared derives its
//! description where it is declared.

use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::choices::{Choice, Choices};
use crate::decision::{DecisionId, SubjectId};
use crate::digest::Digest;
use crate::notice::{Colour, HostName, NoticeId, ServiceId, SiteId};

/// Base64url of 32 bytes, without padding: the last character has two bits to spare, which are zero.
const DIGEST: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$";

/// The same of 16 bytes, with four bits to spare.
const SUBJECT: &str = "^[A-Za-z0-9_-]{21}[AQgw]$";

/// A UUID of version 7 (RFC 9562), in lower case.
const DECISION: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

const EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

macro_rules! text {
    ($($type:ident: $pattern:expr, $example:expr, $description:expr;)*) => { $(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern));
                text.examples([$example]).description(Some($description)).into()
            }
        }

        impl ToSchema for $type {}
    )* };
}

text! {
    Colour: "^#[0-9a-f]{6}$", "#0b5cad", "A colour of sRGB.";
    DecisionId: DECISION, "0193564c-9000-7000-8000-0123456789ab", "A decision: a UUID of version 7, made by the browser.";
    Digest: DIGEST, EMPTY, "A SHA-256, as base64url without padding.";
    HostName: "^[a-z0-9.:_-]{1,259}$", "stats.mesure.example", "A host with all names below it, perhaps with a port.";
    NoticeId: DIGEST, EMPTY, "A notice: the SHA-256 of its canonical JSON, as base64url without padding.";
    ServiceId: "^[a-z0-9-]{1,32}$", "player", "A service.";
    SiteId: "^[a-z0-9-]{1,63}$", "newsroom", "A site.";
    SubjectId: SUBJECT, "AAECAwQFBgcICQoLDA0ODw", "A visitor: 16 random bytes, as base64url without padding.";
}

impl PartialSchema for Choices {
    fn schema() -> RefOr<Schema> {
        let choice = || Ref::from_schema_name(Choice::name());
        let all = ObjectBuilder::new()
            .description(Some("A choice for each of the five categories; `necessary` is always granted."));
        let all = crate::category::Category::ALL
            .into_iter()
            .fold(all, |all, category| all.property(category.as_str(), choice()).required(category.as_str()));
        all.into()
    }
}

impl ToSchema for Choices {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Choice::name().into_owned(), Choice::schema()));
    }
}
