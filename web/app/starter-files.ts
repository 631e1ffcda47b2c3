/** What lies in `/root/work` the first time: the smallest image of one's own. */
export const starterFiles: Readonly<Record<string, string>> = {
  Dockerfile: `# nginx with a page of your own
FROM nginx
COPY index.html /usr/share/nginx/html/
`,
  'index.html': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Hello from a container</title>
    <style>
      body { font-family: system-ui, sans-serif; margin: 4rem auto; max-width: 34rem; padding: 0 1rem; line-height: 1.6 }
      h1 { color: #0b6470 }
    </style>
  </head>
  <body>
    <h1>Hello from a container</h1>
    <p>nginx serves this page from an image that you built.</p>
    <p>Change this file, build the image again, and start a new container to see the difference.</p>
  </body>
</html>
`,
};
