package io.github.swscan.report.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Numbers as people read them. */
public final class Numbers {

    private Numbers() {}

    public static String grouped(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** Bytes in the decimal units that storage is sold in. */
    public static String bytes(long bytes) {
        return scaled(bytes, "B", "kB", "MB", "GB", "TB");
    }

    /** How long something takes, in seconds or minutes as long as there are fewer than 120. */
    public static String duration(long seconds) {
        long minutes = seconds / 60;
        return seconds < 120
                ? seconds + " s"
                : minutes < 120 ? minutes + " min" : minutes / 60 + " h " + minutes % 60 + " min";
    }

    public static String count(long value) {
        return scaled(value, "", "K", "M", "B", "T").strip();
    }

    /** An activation or a weight: enough digits to recognize it. */
    public static String value(double value) {
        double magnitude = Math.abs(value);
        if (magnitude >= 1e9) {
            return String.format(Locale.ROOT, "%.1e", value);
        }
        if (magnitude >= 1000) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return String.format(Locale.ROOT, magnitude >= 100 ? "%.1f" : magnitude >= 1 ? "%.2f" : "%.4f", value);
    }

    /** As in a sentence: two digits that count, from 100 on three, grouped. */
    public static String rounded(double value) {
        if (value >= 1e6) {
            return String.format(Locale.ROOT, "%.1e", value);
        }
        double magnitude = Math.abs(value);
        if (magnitude >= 100) {
            double unit = Math.pow(10, Math.floor(Math.log10(magnitude)) - 2);
            return grouped(Math.round(Math.round(value / unit) * unit));
        }
        return String.format(Locale.ROOT, magnitude >= 10 ? "%.0f" : magnitude >= 1 ? "%.1f" : "%.2f", value);
    }

    public static String share(double share) {
        return String.format(Locale.ROOT, "%.2f", share);
    }

    public static String percentage(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    public static String ratio(double ratio) {
        if (ratio >= 1e6) {
            return String.format(Locale.ROOT, "x%.1e", ratio);
        }
        return String.format(Locale.ROOT, ratio >= 100 ? "x%.0f" : ratio >= 10 ? "x%.1f" : "x%.3f", ratio);
    }

    public static String nats(double nats) {
        return String.format(Locale.ROOT, nats >= 1e6 ? "%.1e" : "%.4f", nats);
    }

    private static String scaled(long value, String... units) {
        double scaled = value;
        int unit = 0;
        while (scaled >= 1000 && unit < units.length - 1) {
            scaled /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.2f %s", scaled, units[unit]);
    }

    /** "0 to 3, 5", of numbers in any order. */
    public static String ranges(List<Integer> numbers) {
        List<String> ranges = new ArrayList<>();
        List<Integer> sorted = numbers.stream().distinct().sorted().toList();
        for (int first = 0; first < sorted.size(); ) {
            int last = first;
            while (last + 1 < sorted.size() && sorted.get(last + 1) == sorted.get(last) + 1) {
                last++;
            }
            ranges.add(first == last ? "" + sorted.get(first) : sorted.get(first) + " to " + sorted.get(last));
            first = last + 1;
        }
        return String.join(", ", ranges);
    }

    /** What there is to say of layers that have no MLP. */
    public static String withoutMlp(List<Integer> layers) {
        return (layers.size() == 1 ? "layer %s has" : "layers %s have").formatted(ranges(layers))
                + " no MLP, and so no down projection";
    }
}
