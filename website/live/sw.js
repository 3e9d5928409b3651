// The site's service worker: a chapter once opened can be read, and once computed computes, without a network.
// RELEASE is filled in when the site is built; a new release is a new service worker, which drops the old caches.
const RELEASE = "__RELEASE__";
const CACHE = `every-equation-runs-${RELEASE}`;
const scope = new URL("./", self.location.href).href;

self.addEventListener("install", () => self.skipWaiting());

// A worker that a newer release has replaced must not open its cache again.
const replaced = () => self.serviceWorker?.state === "redundant";

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("every-equation-runs-") && name !== CACHE).map((name) => caches.delete(name)));
}

self.addEventListener("activate", (event) => event.waitUntil(dropOthers().then(() => self.clients.claim())));

// The page lists what it was made of before this worker was there.
self.addEventListener("message", (event) => {
  const keep = async () => {
    if (replaced()) return;
    await dropOthers(); // the worker before this one may have been storing still when it was replaced
    const cache = await caches.open(CACHE);
    const fresh = (event.data?.keep ?? []).filter((url) => url.startsWith(scope));
    await Promise.all(fresh.map(async (url) => (await cache.match(url)) || cache.add(url).catch(() => {})));
    event.source?.postMessage({ kept: fresh.length });
  };
  event.waitUntil(keep());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope) || request.headers.has("range")) return;
  const url = new URL(request.url);
  const engine = url.href.startsWith(scope + "live/") && !url.pathname.endsWith("/manifest.json");
  event.respondWith(engine ? cacheFirst(request) : networkFirst(request));
});

// Parts of the engine carry their hash in the address, or belong to this release: what is kept is right.
// (The worker checks every hash; a damaged copy is asked for again with cache: "reload".)
async function cacheFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = request.cache === "reload" ? undefined : await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.status === 200) await cache.put(request, answer.clone()).catch(() => {}); // a full disk is no reason to fail
  return answer;
}

async function networkFirst(request) {
  const cache = await caches.open(CACHE);
  let answer;
  try {
    answer = await fetch(request);
    if (answer.status === 200) cache.put(request, answer.clone()).catch(() => {});
  } catch (error) {
    answer = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    if (!answer) throw error;
  }
  return request.mode === "navigate" ? isolated(answer) : answer;
}

// With these two headers the browser grants shared memory, by which a running cell can be interrupted without
// losing its variables. Every file of a page is the site's own, so nothing is shut out.
function isolated(answer) {
  if (answer.type === "opaqueredirect" || answer.redirected) return answer;
  const headers = new Headers(answer.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}
