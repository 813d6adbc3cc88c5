package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How people name a weight: {@code TENSOR:ROW:COLUMN} for any linear map of a block, or {@code LAYER:ROW:COLUMN} for a
 * down projection; in a mixture with {@code EXPERT:} before the row, where the tensor or the layer alone does not tell.
 * {@code *} in place of the column names a whole row, and in place of the row a whole column.
 *
 * @param place a tensor's name, or a layer's number
 * @param row output channel; empty: all of them
 * @param column input channel; empty: all of them
 */
public record WeightName(String place, OptionalInt expert, OptionalInt row, OptionalInt column) {

    private static final int MAX_DIGITS = 9;
    private static final String ALL = "*";
    private static final Pattern COORDINATE =
            Pattern.compile("(?<tensor>[^\\[]+)\\[(?:(?<matrix>[0-9]+), )?(?<row>[0-9]+), (?<column>[0-9]+)]");

    /** A single weight. */
    public WeightName(String place, OptionalInt expert, int row, int column) {
        this(place, expert, OptionalInt.of(row), OptionalInt.of(column));
    }

    /**
     * Reads a name.
     *
     * @throws WeightNameException if it is none
     */
    public static WeightName parse(String text) {
        List<String> parts = List.of(text.split(":", -1));
        int last = parts.size() - 1;
        if (last < 2 || last > 3 || parts.get(0).isEmpty()) {
            throw new WeightNameException("'" + text + "' is not TENSOR:ROW:COLUMN or LAYER:ROW:COLUMN");
        }
        OptionalInt expert = last == 3 ? OptionalInt.of(naturalNumber(parts.get(1), text)) : OptionalInt.empty();
        OptionalInt row = numberOrAll(parts.get(last - 1), text);
        OptionalInt column = numberOrAll(parts.get(last), text);
        if (row.isEmpty() && column.isEmpty()) {
            throw new WeightNameException("'" + text + "' has neither a row nor a column");
        }
        return new WeightName(parts.get(0), expert, row, column);
    }

    /**
     * Reads a single weight as {@link Coordinate} writes it.
     *
     * @throws WeightNameException if it is none
     */
    public static WeightName parseCoordinate(String text) {
        Matcher parts = COORDINATE.matcher(text);
        if (!parts.matches()) {
            throw new WeightNameException("'" + text + "' is not TENSOR[ROW, COLUMN]");
        }
        OptionalInt matrix = parts.group("matrix") == null
                ? OptionalInt.empty()
                : OptionalInt.of(naturalNumber(parts.group("matrix"), text));
        return new WeightName(
                parts.group("tensor"),
                matrix,
                naturalNumber(parts.group("row"), text),
                naturalNumber(parts.group("column"), text));
    }

    private static OptionalInt numberOrAll(String part, String text) {
        return part.equals(ALL) ? OptionalInt.empty() : OptionalInt.of(naturalNumber(part, text));
    }

    private static int naturalNumber(String digits, String text) {
        if (digits.isEmpty() || digits.length() > MAX_DIGITS || !isNumber(digits)) {
            throw new WeightNameException("'" + digits + "' in '" + text + "' is not a row, column or expert");
        }
        return Integer.parseInt(digits);
    }

    private static boolean isNumber(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** Whether it names one weight, not a row or a column of them. */
    public boolean isSingle() {
        return row.isPresent() && column.isPresent();
    }

    /**
     * Finds the weight in a model.
     *
     * @throws WeightNameException if there is no such weight, or more than one of that name
     */
    public StoredWeight find(Sites sites, Checkpoint checkpoint) {
        Site site = site(sites);
        return StoredWeight.read(
                checkpoint, site, row.orElseThrow(this::notSingle), column.orElseThrow(this::notSingle));
    }

    private WeightNameException notSingle() {
        return new WeightNameException(this + " is not a single weight");
    }

    /**
     * Finds the weight, row or column in a model.
     *
     * @throws WeightNameException if there is none, or more than one of that name
     */
    public Target target(Sites sites, Checkpoint checkpoint) {
        if (isSingle()) {
            return find(sites, checkpoint);
        }
        WeightLine.Direction direction = row.isPresent() ? WeightLine.Direction.ROW : WeightLine.Direction.COLUMN;
        int channel = row.isPresent() ? row.getAsInt() : column.orElseThrow();
        return WeightLine.of(checkpoint, site(sites), direction, channel);
    }

    /**
     * Finds the linear map that has the weight, row or column.
     *
     * @throws WeightNameException if there is none, or more than one of that name
     */
    public Site site(Sites sites) {
        List<Site> named = named(sites, expert);
        if (named.isEmpty()) {
            throw new WeightNameException("there is no weight " + this + ": " + whatIsThere(sites));
        }
        if (named.size() > 1) {
            throw new WeightNameException(this + " may be in any of " + named.size() + " down projections: "
                    + (expert.isPresent() ? tensorInstead(named.get(0)) : expertAsWell(named)));
        }
        Linear linear = named.get(0).linear();
        if (!isWithin(row, linear.outputs()) || !isWithin(column, linear.inputs())) {
            throw new WeightNameException("there is no weight " + this + ": " + linear.weight() + " has rows 0 to "
                    + (linear.outputs() - 1) + " and columns 0 to " + (linear.inputs() - 1));
        }
        return named.get(0);
    }

    private String tensorInstead(Site one) {
        return "name the tensor, as in " + new WeightName(one.linear().weight(), expert, row, column);
    }

    private String expertAsWell(List<Site> named) {
        return "put the expert before the row, as in "
                + new WeightName(place, OptionalInt.of(0), row, column)
                + (named.stream().allMatch(site -> site.expert().isPresent())
                        ? ""
                        : ", or name the tensor of a shared expert");
    }

    private static boolean isWithin(OptionalInt channel, int channels) {
        return channel.isEmpty() || (channel.getAsInt() >= 0 && channel.getAsInt() < channels);
    }

    /** For names that nothing has. */
    private String whatIsThere(Sites sites) {
        List<Site> others = named(sites, OptionalInt.empty());
        String named = (isLayer() ? "layer " : "") + place;
        List<Integer> experts = others.stream()
                .flatMapToInt(site -> site.expert().stream())
                .boxed()
                .toList();
        if (!experts.isEmpty()) {
            return named
                    + (experts.size() == 1 ? " is of expert " : " has experts 0 to ")
                    + experts.get(experts.size() - 1);
        }
        if (!others.isEmpty()) {
            return named + " has no experts";
        }
        return isLayer()
                ? "the model has layers 0 to " + (sites.layers() - 1)
                : "no linear map of a layer has this name; 'swscan inspect' lists down projections";
    }

    private boolean isLayer() {
        return isNumber(place);
    }

    /** @param wanted empty: whatever the expert is */
    private List<Site> named(Sites sites, OptionalInt wanted) {
        Stream<Site> named = isLayer()
                ? IntStream.range(0, sites.layers())
                        .filter(layer -> Integer.toString(layer).equals(place))
                        .boxed()
                        .flatMap(layer -> sites.downProjections(layer).stream())
                : sites.all().stream().filter(site -> site.linear().weight().equals(place));
        return named.filter(site -> wanted.isEmpty() || wanted.equals(site.expert()))
                .toList();
    }

    @Override
    public String toString() {
        String matrix = place + (expert.isPresent() ? ":" + expert.getAsInt() : "");
        return matrix + ":" + text(row) + ":" + text(column);
    }

    private static String text(OptionalInt channel) {
        return channel.isPresent() ? Integer.toString(channel.getAsInt()) : ALL;
    }
}
