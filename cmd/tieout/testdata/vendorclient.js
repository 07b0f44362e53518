// Drives the vendor's own Node client against the sandbox. The only argument is JSON:
// host, merchant, ca, keyId, secret, p12, password, otherP12, dir. One line of JSON comes out for
// each call: what was tried, the status, and a digest of what came.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const sdk = require('cybersource-rest-client');

const setup = JSON.parse(process.argv[2]);
const schemes = ['http', 'shared', 'p12'];
const name = 'PaymentBatchDetail_Nightly';

function settings(scheme, secret = setup.secret, p12 = setup.p12) {
  return {
    authenticationType: scheme === 'http' ? 'http_signature' : 'jwt',
    jwtKeyType: scheme === 'shared' ? 'SHARED_SECRET' : 'P12',
    runEnvironment: setup.host, merchantID: setup.merchant, sslCaCert: setup.ca,
    merchantKeyId: setup.keyId, merchantsecretKey: secret,
    keysDirectory: path.dirname(p12), keyFileName: path.basename(p12, '.p12'), keyAlias: setup.merchant, keyPass: setup.password,
    logConfiguration: { enableLog: false },
  };
}

// call makes one call of an API and waits for its callback.
function call(api, method, config, prepare, ...args) {
  return new Promise((resolve) => {
    const client = new sdk.ApiClient();
    prepare(client);
    const instance = new sdk[api](config, client);
    instance[method](...args, {}, (error, data, response) => {
      const status = response ? response.status : (error && error.status) || 0;
      resolve({ status, data, message: error ? String(error.message || '') : '' });
    });
  });
}

// list asks for the reports of two days.
function list(config, prepare = () => {}) {
  return call('ReportsApi', 'searchReports', config, prepare, '2026-10-01T04:00:00.000Z', '2026-10-03T04:00:00.000Z', 'reportTimeFrame');
}

// download lets the client write the file. Its callback cannot cope with a stream, so
// what counts is the file: that it is there, and whole.
async function download(scheme, config) {
  const file = path.join(setup.dir, scheme);
  await call('ReportDownloadsApi', 'downloadReport', config, (client) => {
    client.acceptHeader = 'text/csv';
    client.downloadFilePath = file;
  }, '2026-10-02', name);
  for (let size = -1, tries = 0; tries < 50; tries++) {
    await new Promise((done) => setTimeout(done, 100));
    const now = fs.existsSync(file + '.csv') ? fs.statSync(file + '.csv').size : -1;
    if (now > 0 && now === size) {
      break;
    }
    size = now;
  }
  return crypto.createHash('sha256').update(fs.readFileSync(file + '.csv')).digest('hex');
}

// anotherPath signs one path and sends another.
function anotherPath(client) {
  const build = client.buildRequestTarget;
  client.buildRequestTarget = function (...args) {
    const target = build.apply(this, args);
    this.sent = target + '&reportName=other';
    return target;
  };
  const authenticate = client.callAuthenticationHeader;
  client.callAuthenticationHeader = function (method, target, ...rest) {
    return authenticate.call(this, method, this.sent, ...rest);
  };
}

// order asks for a one-time report, subscribe and unsubscribe for a daily one: calls with bodies.
function order(config, scheme) {
  return call('ReportsApi', 'createReport', config, () => {}, {
    reportDefinitionName: 'PaymentBatchDetailClass', reportFields: ['Request.RequestID', 'PaymentData.Amount'], reportMimeType: 'text/csv', reportName: `one-time ${scheme} é`,
    timezone: 'America/New_York', reportStartTime: '2026-10-01T04:00:00Z', reportEndTime: '2026-10-02T04:00:00Z',
  });
}

function subscribe(config, scheme) {
  return call('ReportSubscriptionsApi', 'createSubscription', config, () => {}, {
    reportDefinitionName: 'PaymentBatchDetailClass', reportFields: ['Request.RequestID'], reportMimeType: 'text/csv', reportName: `daily_${scheme}`,
    reportFrequency: 'DAILY', timezone: 'America/New_York', startTime: '0000',
  });
}

function unsubscribe(config, scheme) {
  return call('ReportSubscriptionsApi', 'deleteSubscription', config, () => {}, `daily_${scheme}`);
}

// withClock makes a call while the client believes that it is another time.
async function withClock(off, act) {
  const now = Date.now;
  Date.now = () => now() + off;
  try {
    return await act();
  } finally {
    Date.now = now;
  }
}

function say(what) {
  console.log(JSON.stringify(what));
}

async function main() {
  for (const scheme of schemes) {
    const config = settings(scheme);
    const listed = await list(config);
    const rows = listed.data && listed.data.reportSearchResults ? listed.data.reportSearchResults.map((r) => `${r.reportName} ${new Date(r.reportEndTime).toISOString()} ${r.status}`) : [];
    say({ scheme, act: 'list', status: listed.status, rows, message: listed.message });
    say({ scheme, act: 'download', sha256: await download(scheme, config) });
    for (const [act, send] of Object.entries({ order, subscribe, unsubscribe })) {
      say({ scheme, act, status: (await send(config, scheme)).status });
    }
    const wrong = settings(scheme, Buffer.from('another secret').toString('base64'), setup.otherP12);
    say({ scheme, act: 'wrong secret', status: (await list(wrong)).status });
    say({ scheme, act: 'changed path', status: (await list(config, anotherPath)).status });
    say({ scheme, act: 'old date', status: (await withClock(-3600000, () => list(config))).status });
    say({ scheme, act: 'list again', status: (await list(config)).status });
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
