import { build } from 'vite';

/** One file without imports: service workers of some browsers cannot be modules. @param file absolute path */
export async function bundleScript(file: string, name: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      rolldownOptions: {
        input: file,
        output: { format: 'iife', entryFileNames: `${name}.js` },
      },
    },
  });
  const [first] = [result].flat();
  if (!first || !('output' in first)) throw new Error(`Nothing was built for ${name}`);
  return first.output[0].code;
}
