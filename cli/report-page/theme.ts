/** Light or dark: as the system has it, until somebody says otherwise. */

const KEY = 'bucketwatch-theme'
const followers: (() => void)[] = []

/** Called whenever colours change. */
export const followTheme = (follower: () => void): void => void followers.push(follower)

const system = window.matchMedia('(prefers-color-scheme: dark)')

export function isDark(): boolean {
  const { theme } = document.documentElement.dataset
  return theme === undefined ? system.matches : theme === 'dark'
}

export function setUpTheme(toggle: HTMLButtonElement): void {
  const saved = stored()
  if (saved === 'light' || saved === 'dark') document.documentElement.dataset.theme = saved
  const draw = (): void => {
    toggle.textContent = isDark() ? 'Light' : 'Dark'
    toggle.setAttribute('aria-label', isDark() ? 'Show it light' : 'Show it dark')
    for (const follower of followers) follower()
  }
  toggle.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark'
    document.documentElement.dataset.theme = theme
    try {
      localStorage.setItem(KEY, theme)
    } catch {
      // A page from a file may have no storage: it is forgotten, then.
    }
    draw()
  })
  system.addEventListener('change', draw)
  draw()
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

/** The colour that a name of the style sheet stands for just now, for what is drawn on a canvas. */
export function colour(name: string): string {
  const probe = document.createElement('span')
  probe.className = `probe ${name}`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
