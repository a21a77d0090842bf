() => {
  // The look-up of a library answers what a test says, when it says it.
  const real = window.fetch;
  window.answers = [];
  window.fetch = (path, options) => !String(path).startsWith('review') ? real(path, options)
    : Promise.resolve(new Response(new ReadableStream({ start(stream) {
        const line = (value) => stream.enqueue(new TextEncoder().encode(JSON.stringify(value) + '\n'));
        options.signal?.addEventListener('abort', () => { try { stream.error(options.signal.reason); } catch { /* over */ } });
        window.answers.push({ stream, line, record: (index, title) => line({ index, title, status: 'unchanged', items: [], fields: {} }) });
      } })));
}
