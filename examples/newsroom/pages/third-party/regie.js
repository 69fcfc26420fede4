// Stands for an advertising tag of a third party.
{
  const MONTH = 2_629_800;
  document.cookie = `_regie_uid=${crypto.randomUUID()}; Path=/; SameSite=Lax; Max-Age=${6 * MONTH}`;
  localStorage.setItem("_regie_segments", JSON.stringify(["diplomatie", "transport"]));
  document.dispatchEvent(new CustomEvent("third-party", { detail: "regie.js" }));
}
