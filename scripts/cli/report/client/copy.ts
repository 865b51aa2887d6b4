/** The buttons beside commands. */
import { targetOf } from './dom.ts';

export function bindCopy(): void {
  document.addEventListener('click', (event) => {
    const button = targetOf(event)?.closest<HTMLElement>('.copy');
    if (button) void copyBeside(button);
  });
}

/** Where the clipboard is not to be had, the command is at least selected. */
async function copyBeside(button: HTMLElement): Promise<void> {
  const code = button.parentElement?.querySelector('code');
  if (!code) return;
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = 'Copied';
  } catch {
    getSelection()?.selectAllChildren(code);
    button.textContent = 'Selected';
  }
}
