import type { Index, ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Secret, ServiceAccount } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';
import { signLegacyToken } from './legacy-token.ts';

/** `--concurrent-serviceaccount-token-syncs` */
const WORKERS = 5;
const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** What is known of an object that may be gone by the time it is worked on. */
interface AccountKey {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
interface SecretKey extends AccountKey {
  readonly account: string;
  /** empty while the Secret does not say which one of that name */
  readonly accountUid: string;
}

function accountKeyOf({ metadata }: Stored<ServiceAccount>): AccountKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
}

function secretKeyOf({ metadata }: Stored<Secret>): SecretKey {
  const { namespace = '', name, uid, annotations = {} } = metadata;
  const account = annotations[ACCOUNT_NAME] ?? '';
  return { namespace, name, uid, account, accountUid: annotations[ACCOUNT_UID] ?? '' };
}

/** An object that has this UID, if one is asked for. */
function withUid<T extends { readonly metadata: { readonly uid: string } }>(
  object: T | undefined,
  uid: string,
): T | undefined {
  return uid === '' || object?.metadata.uid === uid ? object : undefined;
}

/** What a token Secret lacks; nothing when it is complete. */
async function missingData(
  { metadata, data = {} }: Stored<Secret>,
  { metadata: account }: Stored<ServiceAccount>,
  { rootCa, serviceAccountKey }: { readonly rootCa: string; readonly serviceAccountKey: string },
): Promise<Readonly<Record<string, string>>> {
  const { namespace = '', name } = metadata;
  const authority = btoa(rootCa);
  const lacks = (key: string): boolean => (data[key] ?? '') === '';
  return {
    ...(data['ca.crt'] === authority ? {} : { 'ca.crt': authority }),
    ...(lacks('namespace') ? { namespace: btoa(namespace) } : {}),
    ...(lacks('token')
      ? {
          token: btoa(
            await signLegacyToken(serviceAccountKey, {
              namespace,
              serviceAccount: account,
              secretName: name,
            }),
          ),
        }
      : {}),
  };
}

/**
 * Fills Secrets of type `kubernetes.io/service-account-token` and deletes them with their service
 * account (upstream's `tokens_controller`).
 */
export class TokenController implements Controller {
  readonly #context: ControllerContext;
  readonly #accounts: ObjectStore<ServiceAccount>;
  readonly #secrets: ObjectStore<Secret>;
  readonly #secretsByAccount: Index<Secret>;
  readonly #accountQueue: WorkQueue;
  readonly #secretQueue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#accountQueue = new WorkQueue({ clock, onError });
    this.#secretQueue = new WorkQueue({ clock, onError });
    const accounts = informers.of(resources.serviceAccounts);
    const secrets = informers.of(resources.secrets);
    this.#accounts = accounts.store;
    this.#secrets = secrets.store;
    this.#secretsByAccount = secrets.store.addIndex((secret) =>
      secret.type === TYPE ? [secretKeyOf(secret).accountUid] : [],
    );
    const account = (object: Stored<ServiceAccount>): void =>
      this.#accountQueue.add(JSON.stringify(accountKeyOf(object)));
    accounts.addHandler({
      onAdd: account,
      onUpdate: (_old, object) => account(object),
      onDelete: account,
    });
    const secret = (object: Stored<Secret>): void => {
      if (object.type === TYPE) this.#secretQueue.add(JSON.stringify(secretKeyOf(object)));
    };
    secrets.addHandler({
      onAdd: secret,
      onUpdate: (_old, object) => secret(object),
      onDelete: secret,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#accountQueue, WORKERS, signal, (key) =>
        this.#syncAccount(JSON.parse(key) as AccountKey),
      ),
      workOn(this.#secretQueue, WORKERS, signal, (key) =>
        this.#syncSecret(JSON.parse(key) as SecretKey),
      ),
    ]);
  }

  /** Deletes the tokens of an account that is gone. */
  async #syncAccount(account: AccountKey): Promise<void> {
    if (withUid(this.#accounts.get(account), account.uid) !== undefined) return;
    for (const secret of this.#secretsByAccount.get(account.uid))
      if (secretKeyOf(secret).account === account.name)
        await this.#deleteSecret(secretKeyOf(secret));
  }

  async #syncSecret(key: SecretKey): Promise<void> {
    if (key.account === '') return;
    const secret = withUid(this.#secrets.get(key), key.uid);
    if (secret === undefined) {
      await this.#removeReference(key);
      return;
    }
    const account = await this.#findAccount(key);
    if (account === undefined) await this.#deleteSecret(key);
    else await this.#fill(secret, account);
  }

  /** The informer may not know yet of an account that a Secret names. */
  async #findAccount(key: SecretKey): Promise<Stored<ServiceAccount> | undefined> {
    const name = { namespace: key.namespace, name: key.account };
    const known = withUid(this.#accounts.get(name), key.accountUid);
    if (known !== undefined) return known;
    try {
      const account = await this.#context.client.get(resources.serviceAccounts, name);
      return withUid(account, key.accountUid);
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return undefined;
      throw error;
    }
  }

  async #fill(known: Stored<Secret>, account: Stored<ServiceAccount>): Promise<void> {
    const { client, configuration } = this.#context;
    if (Object.keys(await missingData(known, account, configuration)).length === 0) return;
    try {
      const secret = await client.get(resources.secrets, known.metadata);
      // Somebody has changed it: the informer will tell.
      if (secret.metadata.resourceVersion !== known.metadata.resourceVersion) return;
      const { metadata, data } = secret;
      const annotations = {
        ...metadata.annotations,
        [ACCOUNT_NAME]: account.metadata.name,
        [ACCOUNT_UID]: account.metadata.uid,
      };
      await client.update(resources.secrets, {
        ...secret,
        metadata: { ...metadata, annotations },
        data: { ...data, ...(await missingData(secret, account, configuration)) },
      });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== 'Conflict' && reason !== 'NotFound') throw error;
    }
  }

  async #deleteSecret({ uid, ...name }: AccountKey): Promise<void> {
    try {
      await this.#context.client.delete(resources.secrets, name, { preconditions: { uid } });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== 'Conflict' && reason !== 'NotFound') throw error;
    }
  }

  /** An account lists its Secrets no longer that are gone. */
  async #removeReference(key: SecretKey): Promise<void> {
    const { client } = this.#context;
    const name = { namespace: key.namespace, name: key.account };
    if (withUid(this.#accounts.get(name), key.accountUid) === undefined) return;
    try {
      const account = withUid(await client.get(resources.serviceAccounts, name), key.accountUid);
      const secrets = account?.secrets?.filter((reference) => reference.name !== key.name);
      if (account === undefined || secrets === undefined) return;
      if (secrets.length === account.secrets?.length) return;
      await client.update(resources.serviceAccounts, { ...account, secrets });
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
