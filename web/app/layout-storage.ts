import type { LayoutStorage } from 'react-resizable-panels';

/** Sizes of panes in the browser's storage, where it allows that. */
export const layoutStorage: LayoutStorage = {
  getItem: (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  setItem: (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Without storage sizes last as long as the page.
    }
  },
};
