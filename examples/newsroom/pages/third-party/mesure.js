// Stands for an audience-measurement tag of a third party.
{
  const MONTH = 2_629_800;
  const id = /(?:^|; )_mesure_id=([^;]*)/.exec(document.cookie)?.[1] || crypto.randomUUID();
  document.cookie = `_mesure_id=${id}; Path=/; SameSite=Lax; Max-Age=${13 * MONTH}`;
  document.cookie = `_mesure_session=${Date.now()}; Path=/; SameSite=Lax`;
  document.dispatchEvent(new CustomEvent("third-party", { detail: "mesure.js" }));
}
