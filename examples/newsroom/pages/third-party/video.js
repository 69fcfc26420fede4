// Stands for an embedded video player of a third party.
const volume = document.querySelector("input");
volume.value = localStorage.getItem("video_volume") ?? 60;
localStorage.setItem("video_volume", volume.value);
volume.addEventListener("input", () => localStorage.setItem("video_volume", volume.value));
document.querySelector("button").addEventListener("click", ({ currentTarget }) => {
  currentTarget.setAttribute("aria-pressed", currentTarget.getAttribute("aria-pressed") !== "true");
});
parent.postMessage({ thirdParty: "video.html" }, location.origin);
