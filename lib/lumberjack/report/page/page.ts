import {
  bytesByDay,
  type Chart,
  hoursAway,
  jobsBySite,
  timeline,
} from "./charts.ts";
import { Html, html } from "./html.ts";
import { type Journey, type PageData, places } from "./page_data.ts";
import { style } from "./style.ts";

/**
 * Returns the report as one HTML page, which needs no network and no script:
 * problems first, then the sites, the exports over time, the jobs by site and
 * place, bytes and times, and a table of all exports.
 */
export function renderPage(data: PageData): string {
  const { schedd, at } = data;
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Lumberjack at ${schedd}</title>
        <style>${new Html(style)}</style>
      </head>
      <body>
        <a class="skip" href="#exports">To the table of exports</a>
        <header>
          <h1>Lumberjack at ${schedd}</h1>
          <p class="dim">Made ${minute(
            at.toISOString(),
          )}. All times are UTC.</p>
        </header>
        <main>
    ${problems(data)}
    ${sites(data)}
    ${chart("Exports over time", timeline(data), key)}
    ${chart("Jobs by site and place", jobsBySite(data), key)}
    ${chart("Bytes of each day", bytesByDay(data))}
    ${chart("Hours that exports were away", hoursAway(data))}
    ${exportsTable(data)}
        </main>
      </body>
    </html>
  `;
  return page.text;
}

function problems({ overview: { stuck } }: PageData): Html {
  if (stuck.length === 0) {
    return html`
      <h2>Problems</h2>
      <p>Nothing is stuck.</p>
    `;
  }
  const items = stuck.map((found) => {
    const { what, since, reason, reasons = [reason], jobs } = found;
    const { advice = [], commands } = found;
    return html`
      <section class="problem">
        <h3>${what}</h3>
        ${[...reasons, ...advice].map((line) => html`<p>${line}</p>`)}
        <p class="dim">${since === null
          ? ""
          : `Since ${minute(since)}. `}${jobs === undefined
          ? ""
          : `${jobs} jobs.`}</p>
        <p>${commands.map((command) => html`<code>${command}</code><br>`)}</p>
      </section>
    `;
  });
  return html`<h2>Problems</h2>${items}`;
}

function sites({ overview }: PageData): Html {
  if (overview.sites.length === 0) return html``;
  const rows = overview.sites.map((site) =>
    html`
      <tr>
        <th scope="row">${site.site}</th>
        <td>${site.state}</td>
        <td class="number">${site.jobs}</td>
        <td class="number">${site.exports}</td>
        <td class="number">${site.overdue}</td>
      </tr>
    `
  );
  const last = overview.lastPass;
  return html`
    <h2>Sites</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Sites">
      <table>
        <thead>
          <tr>
            <th scope="col">site</th>
            <th scope="col">state</th>
            <th scope="col" class="number">jobs away</th>
            <th scope="col" class="number">exports</th>
            <th scope="col" class="number">overdue</th>
          </tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
    <p class="dim">${last
      ? `The last pass ended ${minute(last.at)}.`
      : "No pass has run."}</p>
  `;
}

const key = html`<ul class="key">${
  places.map((place) =>
    html`<li><span style="background: var(--${place})"></span> ${place}</li>`
  )
}</ul>`;

function chart(title: string, drawn: Chart, legend = html``): Html {
  if (drawn === undefined) return html``;
  return html`
    <section><h2>${title}</h2>
    ${legend}<figure class="scroll" style="margin: 0">${new Html(
      drawn,
    )}</figure>
    </section>
  `;
}

function exportsTable({ journeys }: PageData): Html {
  const newestFirst = [...journeys].reverse();
  return html`
    <h2 id="exports">Exports</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Exports">
      <table>
        <thead>
          <tr>
            <th scope="col">export</th>
            <th scope="col">site</th>
            <th scope="col">owner</th>
            <th scope="col">place</th>
            <th scope="col" class="number">jobs</th>
            <th scope="col" class="number">away</th>
            <th scope="col">left</th>
            <th scope="col">sent</th>
            <th scope="col">home</th>
            <th scope="col" class="number">sent</th>
            <th scope="col" class="number">back</th>
          </tr>
        </thead>
        <tbody>${newestFirst.map(row)}</tbody>
      </table>
    </div>
  `;
}

function row(journey: Journey): Html {
  const { exportId, site, owner, place, jobs, jobsAway } = journey;
  const { from, sentAt, homeAt, bytesSent, bytesBack } = journey;
  return html`
    <tr id="${exportId}">
      <th scope="row">${exportId}</th>
      <td>${site}</td>
      <td>${owner}</td>
      <td>${place}</td>
      <td class="number">${jobs}</td>
      <td class="number">${jobsAway}</td>
      <td>${minute(from)}</td>
      <td>${minute(sentAt)}</td>
      <td>${minute(homeAt)}</td>
      <td class="number">${bytes(bytesSent)}</td>
      <td class="number">${bytes(bytesBack)}</td>
    </tr>
  `;
}

/** A time up to the minute. */
function minute(time: string | undefined): string {
  return time === undefined ? "" : time.slice(0, 16).replace("T", " ");
}

function bytes(count: number): string {
  if (count === 0) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** at;
  return `${at === 0 ? value : value.toPrecision(3)} ${units[at]}`;
}
