/** Transfers: below a third party, the countries to which it takes data, each with what protects it there. */
import { country } from "../vendor.ts";
import { element } from "../view/element.ts";
import { extra } from "./extra.ts";
import { notice } from "./kit.ts";
import css from "./transfers.css";

extra._css += css;

extra._vendor = ({ transfers }) => {
  const { language, texts } = notice;
  const told = transfers?.map(({ by, to }) => `${country(to, language)} (${texts[`transfer_${by}`]})`);
  return !!told && element("p", { class: "consent-transfers" }, texts.transfers, ": ", told.join(", "));
};
