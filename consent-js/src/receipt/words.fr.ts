/** The words of the page in French. */
import type { Words } from "./words.en.ts";

export const fr: Words = {
  title: "Vérifier un reçu",
  intro:
    "Un reçu prouve que votre choix figure dans le journal du site, inchangé et à sa date. La vérification se fait ici, dans votre navigateur : le fichier n’est envoyé nulle part.",
  drop: "Déposez ici le fichier .tlog-proof, ou",
  choose: "Choisir un fichier",
  paste: "Ou collez le texte du reçu",
  check: "Vérifier le texte",
  keys: "Clés de confiance",
  keys_body:
    "Un reçu est signé avec la clé du journal du site. Ces clés viennent de ce serveur ; si c’est à lui que vous ne vous fiez pas, mettez ici celles que vous avez reçues autrement. Une par ligne, sous la forme nom+empreinte+clé, ou une tlog-policy.",
  keys_unread: "Lignes qui ne sont pas des clés et ne servent pas : ",
  keys_failed: "Les clés de ce serveur n’ont pas pu être chargées. Collez ici la clé du journal.",
  unsupported:
    "Ce navigateur ne sait pas vérifier les signatures Ed25519 (ou cette page n’est pas venue par https). Rien n’a été vérifié. Prenez un navigateur plus récent, ou le programme : consent verify --receipt FICHIER --policy CLÉS",
  holds: "Le reçu est valable.",
  holds_body:
    "La clé du journal a signé un journal dans lequel figure exactement cette décision, à cette place.",
  holds_not: "Le reçu n’est pas valable.",
  unknown:
    "Le reçu ne peut pas être vérifié : aucune des clés n’est celle de son journal. Rien n’indique qu’il soit faux ; ajoutez la clé ci-dessous.",
  causes: {
    format: "Ce n’est pas un fichier de reçu entier",
    content: "Il ne porte pas de décision",
    entry: "Son entrée n’est pas celle d’une décision",
    opening: "Ce qu’il dit avoir été décidé n’est pas ce qui a été enregistré",
    checkpoint: "Sa signature n’est pas digne de foi",
    inclusion: "Sa preuve ne mène pas au journal signé",
  },
  recorded: "Enregistré",
  recorded_by: "à l’horloge du serveur",
  decided: "Choisi",
  decided_by: "à l’horloge du navigateur",
  site: "Site",
  action: "Ce qui a été fait",
  actions: {
    accept_all: "Tout accepté",
    reject_all: "Tout refusé",
    save: "Un choix par catégorie",
    withdraw: "Consentement retiré",
    close: "Fermé sans choix",
    signal: "Opposition envoyée par le navigateur",
    import: "Repris d’ailleurs",
    handoff: "Repris d’un autre site du groupe",
  },
  categories: {
    necessary: "Nécessaires",
    functional: "Fonctionnels",
    analytics: "Analytiques",
    performance: "Performance",
    advertisement: "Publicité",
  },
  grant: "accordé",
  deny: "refusé",
  page: "Sur la page",
  language: "Langue de l’avis",
  region: "Règles de",
  notice: "Ce qui a été montré",
  notice_id: "avis",
  visitor: "Numéro du visiteur",
  erased: "effacé avant que le reçu ne soit établi",
  log: "Journal",
  place: (index, size) => `entrée ${index}, prouvée pour les ${size} premières entrées`,
  signer: "Signé par",
};
