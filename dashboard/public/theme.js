// Runs before the first paint, so that nobody who chose the light theme sees a
// dark page first. src/shell/preferences.ts keeps the same key and fields.
try {
  const { theme, palette } = JSON.parse(localStorage.getItem('outcry.preferences'))?.state ?? {}
  const light = theme === 'light' || (theme !== 'dark' && matchMedia('(prefers-color-scheme: light)').matches)
  document.documentElement.dataset.theme = light ? 'light' : 'dark'
  if (palette) document.documentElement.dataset.palette = palette
} catch {
  // no storage: the page starts in its own colours
}
