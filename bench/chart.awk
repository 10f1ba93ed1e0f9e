# SPDX-License-Identifier: BSD-2-Clause
# A line chart as SVG. Input: series, x, median, min, max, tab between; lines of one series together.
# -v title -v xlabel -v ylabel -v scale=log|linear (of x; 0 has a place of its own on a log scale).
BEGIN { FS = "\t"; W = 720; H = 400; L = 80; R = 24; T = 44; B = 56
    split("#0b6e99 #c0392b #2e8b57 #8e44ad #b9770e #34495e", colour, " ") }
{
    if (!($1 in number)) { number[$1] = ++series; name[series] = $1 }
    n++; s[n] = number[$1]; x[n] = $2 + 0; y[n] = $3 + 0; low[n] = $4 + 0; high[n] = $5 + 0
    if (high[n] > top) top = high[n]
    if (n == 1 || x[n] > most) most = x[n]
    if (x[n] > 0 && (!least || x[n] < least)) least = x[n]
    if (x[n] == 0) zero = 1
    if (!($2 in tick)) { tick[$2] = 1; at[++ticks] = x[n] }
}
function px(v,   from) {
    if (scale != "log") return L + (W - L - R) * (most ? v / most : 0)
    from = zero ? least / 10 : least
    if (v <= 0) return L
    return L + (W - L - R) * (most > from ? log(v / from) / log(most / from) : 0.5)
}
function py(v) { return H - B - (H - T - B) * v / nice }
function text(v) {
    if (v >= 1e6 && v % 1e5 == 0) return v / 1e6 " M"
    if (v >= 1e4) return int(v / 1000 * 10 + 0.5) / 10 " k"
    return v >= 100 ? int(v + 0.5) : v + 0
}
function escape(t) { gsub(/&/, "\\&amp;", t); gsub(/</, "\\&lt;", t); return t }
END {
    if (!n) top = 1
    step = 10 ^ int(log(top) / log(10) - (top < 1)); if (top / step > 5) step *= 2; else if (top / step <= 2) step /= 2.5
    nice = step; while (nice < top) nice += step
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n", W, H
    printf "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n<text x=\"%d\" y=\"24\" font-size=\"16\">%s</text>\n", W, H, L, escape(title)
    for (v = 0; v <= nice * 1.0001; v += step) {
        printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", L, W - R, py(v), py(v)
        printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", L - 8, py(v) + 4, text(v)
    }
    for (i = 1; i <= ticks; i += ticks > 24 ? int(ticks / 12) : 1)
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", px(at[i]), H - B + 18, text(at[i])
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", (L + W - R) / 2, H - 12, escape(xlabel)
    printf "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", (T + H - B) / 2, escape(ylabel)
    for (k = 1; k <= series; k++) {
        path = ""
        for (i = 1; i <= n; i++) if (s[i] == k) {
            path = path (path == "" ? "M" : "L") sprintf("%.1f %.1f", px(x[i]), py(y[i]))
            printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-opacity=\"0.5\"/>", px(x[i]), px(x[i]), py(low[i]), py(high[i]), colour[k]
            printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", px(x[i]), py(y[i]), colour[k]
        }
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, colour[k]
        printf "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", L + 12, T + 16 * k, colour[k], escape(name[k])
    }
    print "</svg>"
}
