// Reads an export of consent records as a JSON-LD processor does, without network, and says what it holds.
//
//   node check.mjs FILE      prints one line of JSON; exits with 1 and says why if anything is wrong
//
// Wrong is: a member that expansion drops, a name in a namespace of the Data Privacy Vocabulary that version 2.3 does not
// have, or a record without a field that ISO/IEC TS 27560 requires (https://w3id.org/dpv/guides/consent-27560).

import { readFileSync } from 'node:fs';
import jsonld from 'jsonld';

const namespaces = {
  dpv: 'https://w3id.org/dpv#',
  pd: 'https://w3id.org/dpv/pd#',
  'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
  'legal-eu': 'https://w3id.org/dpv/legal/eu#',
  loc: 'https://w3id.org/dpv/loc#',
};
// The profiles have names in a space of their own (https://w3id.org/dpv/schema/dpv-27560).
const profiles = ['record', 'record-eu-gdpr'].map((name) => `https://w3id.org/dpv/schema/dpv-27560#${name}`);

const lines = readFileSync(new URL('dpv-2.3-terms.txt', import.meta.url), 'utf8').split('\n');
const terms = new Set(profiles);
for (const line of lines.filter((line) => line && !line.startsWith('#'))) {
  const [prefix, name] = line.split(':');
  terms.add(namespaces[prefix] + name);
}

const documentLoader = (url) => {
  throw new Error(`${url} would have to be fetched`);
};

const dct = (name) => `http://purl.org/dc/terms/${name}`;
const dpv = (name) => namespaces.dpv + name;
const own = (name) => `urn:consent:term:${name}`;

// What the guide marks as mandatory, as far as it is known to a consent platform.
const required = {
  record: [
    ...['identifier', 'conformsTo', 'created', 'language'].map(dct),
    ...['hasIdentifier', 'hasDataSubject', 'hasDataController', 'hasNotice', 'hasProcess', 'hasConsentControl'].map(dpv),
    ...['action', 'globalPrivacyControl', 'entry'].map(own),
  ],
  process: [dct('identifier'), ...['hasPurpose', 'hasPersonalData', 'hasProcessing', 'hasStorageCondition'].map(dpv)],
  status: ['isIndicatedAtTime', 'isIndicatedBy', 'hasIndicationMethod', 'hasDuration'].map(dpv),
  entry: ['log', 'index', 'leaf', 'loggedAt', 'head'].map(own),
};

function need(node, what, where) {
  for (const name of required[what]) {
    if (!node[name]?.length) throw new Error(`${where}: no ${name}`);
  }
}

// Every name in a namespace of DPV, whether of a type, a member or a value.
function* names(value) {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const item of value) yield* names(item);
  else if (value && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      yield key;
      if (key !== '@value') yield* names(inner);
    }
  }
}

const of = (node, name) => node[name].map((value) => value['@value'] ?? value['@id']);

async function check(file) {
  const document = JSON.parse(readFileSync(file, 'utf8'));
  // `safe`: what would be dropped silently is an error.
  const expanded = await jsonld.expand(document, { documentLoader, safe: true });
  if (expanded.length !== 1) throw new Error(`${expanded.length} nodes instead of one graph`);
  for (const name of names(expanded)) {
    if (name.startsWith('https://w3id.org/dpv') && !terms.has(name)) throw new Error(`DPV 2.3 has no ${name}`);
  }
  const [graph] = expanded;
  const records = graph['@graph'];
  const counts = Object.fromEntries(['decisions', 'erased', 'records'].map((name) => [name, of(graph, own(name))[0]]));
  if (counts.records !== records.length) throw new Error(`${records.length} records, and ${counts.records} are said`);
  const states = {};
  for (const record of records) {
    const where = record['@id'];
    need(record, 'record', where);
    for (const entry of record[own('entry')]) need(entry, 'entry', where);
    for (const process of record[dpv('hasProcess')]) {
      need(process, 'process', where);
      const category = of(process, dct('identifier'))[0];
      const status = process[dpv('hasConsentStatus')] ?? [];
      if (status.length !== (category === 'necessary' ? 0 : 1)) throw new Error(`${where}: ${category} has no one status`);
      for (const state of status) {
        need(state, 'status', where);
        const name = state['@type'][0].slice(namespaces.dpv.length);
        states[name] = (states[name] ?? 0) + 1;
      }
    }
  }
  // The same graph as RDF: every statement has a name or a value that RDF can hold.
  const quads = await jsonld.toRDF(document, { documentLoader, safe: true });
  const heads = graph[own('head')].map((head) => [of(head, own('log'))[0], of(head, own('size'))[0]]);
  const period = graph[dct('temporal')][0];
  const edge = (name) => period[`http://www.w3.org/ns/dcat#${name}`]?.[0]['@value'] ?? null;
  const identifiers = records.map((record) => of(record, dct('identifier'))[0]);
  return { ...counts, states, heads, from: edge('startDate'), to: edge('endDate'), quads: quads.length, identifiers };
}

try {
  console.log(JSON.stringify(await check(process.argv[2])));
} catch (error) {
  console.error(`${error.message} ${JSON.stringify(error.details ?? {})}`.slice(0, 2000));
  process.exit(1);
}
