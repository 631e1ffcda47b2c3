/** Day and time of day, such as `Nov 27, 2026, 8:15 AM`. */
export const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
