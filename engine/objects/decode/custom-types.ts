import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { DecodeError } from './decode-error.ts';
import { readMicroTime, readTime, readers, type GoType, type Read } from './go-values.ts';

type Resolve = (name: string) => GoType;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const nothing = () => null;
/** Any JSON, kept as it is. */
const raw: GoType = { read: (value) => value, zero: nothing };

const readQuantity: Read = (value) => {
  try {
    return canonicalQuantity(typeof value === 'string' ? value.trim() : JSON.stringify(value));
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError('TYPE', error.message);
    throw error;
  }
};

const readNumber = readers.integer('int32', 32);

/** Types with a JSON form of their own, which their Go fields do not tell. */
export const customTypes: Readonly<Record<string, (resolve: Resolve) => GoType>> = {
  [`${meta}.Time`]: () => ({ read: readTime, zero: nothing }),
  [`${meta}.MicroTime`]: () => ({ read: readMicroTime, zero: nothing }),
  [`${meta}.FieldsV1`]: () => raw,
  'io.k8s.apimachinery.pkg.runtime.RawExtension': () => raw,
  'io.k8s.apimachinery.pkg.api.resource.Quantity': () => ({ read: readQuantity, zero: () => '0' }),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': () => ({
    read: (value, trail) =>
      typeof value === 'string' ? value : readNumber(value, trail.forText()),
    zero: () => 0,
  }),
  [`${extensions}.JSON`]: () => raw,
  [`${extensions}.JSONSchemaPropsOrBool`]: (resolve) => ({
    read: (value, trail) =>
      typeof value === 'boolean'
        ? value
        : resolve(`${extensions}.JSONSchemaProps`).read(value, trail),
    zero: nothing,
  }),
  [`${extensions}.JSONSchemaPropsOrArray`]: (resolve) => ({
    read: (value, trail) => {
      const { read } = resolve(`${extensions}.JSONSchemaProps`);
      return Array.isArray(value) ? value.map((item) => read(item, trail)) : read(value, trail);
    },
    zero: nothing,
  }),
  [`${extensions}.JSONSchemaPropsOrStringArray`]: (resolve) => ({
    read: (value, trail) =>
      Array.isArray(value) ? value : resolve(`${extensions}.JSONSchemaProps`).read(value, trail),
    zero: nothing,
  }),
};
