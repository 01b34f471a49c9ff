// @ts-check
// What /_inlay/stats and /_inlay/metrics say, which no core has to be able to. internal/engine/metrics.go makes the same natively:
// internal/engine/testdata/figures holds both to the same bytes.

/**
 * @param {string[]} names each with what it counts behind it, after a space @param {bigint[]} values
 * @param {string} problems those with bindings, as JSON; "" if there are none @param {boolean} prometheus for it, and not as JSON
 */
export function figuresText(names, values, problems, prometheus) {
  const rows = names.map((name, i) => {
    const end = name.indexOf(" ");
    return { name: name.slice(0, end), help: name.slice(end + 1), value: values[i] };
  });
  if (!prometheus) return `{${rows.map(({ name, value }) => `"${name}":${value}`).join(",")}${problems && `,"problems":${problems}`}}\n`;
  return rows.map(({ name, help, value }) =>
    `# HELP inlay_${name} ${help}\n# TYPE inlay_${name} ${name.endsWith("_total") ? "counter" : "gauge"}\ninlay_${name} ${value}\n`).join("");
}
