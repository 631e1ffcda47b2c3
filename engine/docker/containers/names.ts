/** Names for containers that were given none: an adjective and the surname of someone who sailed, built or reckoned. */
import type { Random } from '../../base/random.ts';
import { badRequest } from '../api/api-error.ts';

const ADJECTIVES =
  `able afloat agile amber ample ardent astute avid azure balmy blithe bold brave breezy bright brisk calm
candid cheery civil clear clever cosy crisp curious dapper daring deft devoted diligent eager earnest easy elated exact
fair faithful fearless fine fleet fluent fond frank free fresh gallant gentle genial glad golden graceful grand handy happy
hardy hearty helpful honest hopeful humble jaunty jolly jovial joyful just keen kind laughing lively loyal lucid lucky
mellow merry mighty mild modest neat nimble noble patient placid playful polite proud quick quiet radiant ready resolute
robust rosy serene sharp shiny silent sincere snug sober solid spry stable steady stoic sturdy sunny sure swift tender
thrifty tidy tranquil true trusty upbeat valiant vivid warm watchful willing wise witty worthy zesty`.split(
    /\s+/,
  );

const SURNAMES =
  `amundsen anning apollonius arkwright baret barents bering bligh bougainville bowditch brunel cabot cartier
columbus cook coxwell cousteau dampier dana darwin davis diaz drake earle eratosthenes ericson fitzroy flinders franklin
frobisher fulton gama gilbert hadley halley harrison henson herschel hipparchus holland hudson humboldt ibnmajid jemison
johnson kepler kublai laperouse leif lind lovelace mackenzie magellan magnusson marconi maury mercator mitchell nansen napier
nelson newcomen newton nobile nordenskiold palmer papin park parry pereira piccard polo ptolemy pytheas raleigh
rickover ross sacagawea scoresby scott selkirk shackleton slocum smeaton stevens stevin tasman tereshkova thales tupaia
turing vancouver vespucci watt weddell wegener wilkes worsley wright zheng zubov`.split(/\s+/);

const valid = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

function pick(words: readonly string[], random: Random): string {
  return words[Math.floor(random.next() * words.length)] ?? '';
}

/** `calm_nansen`; with a digit behind it after some failed attempts. */
export function generateName(random: Random, taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(ADJECTIVES, random)}_${pick(SURNAMES, random)}${attempt < 6 ? '' : Math.floor(random.next() * 10 ** (attempt - 5))}`;
    if (!taken(name)) return name;
  }
}

/** The name without its slash. Throws 400 in dockerd's words. */
export function checkName(given: string): string {
  const name = given.replace(/^\//, '');
  if (!valid.test(name))
    throw badRequest(
      `Invalid container name (${given}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  return name;
}
