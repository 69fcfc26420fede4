// Stands for audience measurement. Runs once for each page load; the application tells it of each view.
window.counterRuns = (window.counterRuns || 0) + 1;
document.cookie = "_counter=1;Path=/;Max-Age=34000000;SameSite=Lax";
window.counted = [];
window.count = view => window.counted.push(view);
window.count(location.pathname + location.hash);
