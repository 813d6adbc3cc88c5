package io.github.swscan.weight;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.checkpoint.Checkpoint;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * How people name a weight: {@code TENSOR:ROW:COLUMN} for any linear map of a block, or {@code LAYER:ROW:COLUMN} for a
 * down projection; in a mixture with {@code EXPERT:} before the row, where the tensor or the layer alone does not tell.
 *
 * @param place a tensor's name, or a layer's number
 */
public record WeightName(String place, OptionalInt expert, int row, int column) {

    private static final int MAX_DIGITS = 9;

    /**
     * Reads a name.
     *
     * @throws IllegalArgumentException saying what is wrong
     */
    public static WeightName parse(String text) {
        List<String> parts = List.of(text.split(":", -1));
        if (parts.size() < 3 || parts.size() > 4 || parts.get(0).isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' is not TENSOR:ROW:COLUMN or LAYER:ROW:COLUMN");
        }
        List<Integer> numbers = parts.subList(1, parts.size()).stream()
                .map(part -> naturalNumber(part, text))
                .toList();
        int last = numbers.size() - 1;
        return new WeightName(
                parts.get(0),
                last == 2 ? OptionalInt.of(numbers.get(0)) : OptionalInt.empty(),
                numbers.get(last - 1),
                numbers.get(last));
    }

    private static int naturalNumber(String digits, String text) {
        if (digits.isEmpty() || digits.length() > MAX_DIGITS || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("'" + digits + "' in '" + text + "' is not a row, column or expert");
        }
        return Integer.parseInt(digits);
    }

    /**
     * Finds the weight in a model.
     *
     * @param number what experiments call it
     * @throws IllegalArgumentException if there is no such weight, or more than one of that name
     */
    public StoredWeight find(Architecture architecture, Checkpoint checkpoint, int number) {
        List<Placed> places = places(architecture);
        if (places.isEmpty()) {
            throw new IllegalArgumentException("there is no weight " + this + ": " + whatIsThere(architecture));
        }
        if (places.size() > 1) {
            throw new IllegalArgumentException(this + " may be in any of " + places.size()
                    + " down projections: put the expert before the row, as in "
                    + new WeightName(place, OptionalInt.of(0), row, column)
                    + (places.stream().allMatch(placed -> placed.expert().isPresent())
                            ? ""
                            : ", or name the tensor of a shared expert"));
        }
        Linear linear = places.get(0).linear();
        if (row >= linear.outputs() || column >= linear.inputs()) {
            throw new IllegalArgumentException("there is no weight " + this + ": " + linear.weight() + " has rows 0 to "
                    + (linear.outputs() - 1) + " and columns 0 to " + (linear.inputs() - 1));
        }
        float value = checkpoint
                .floats(checkpoint.find(linear.weight()).orElseThrow(), linear.elementIndex(row, column), 1, 1)[0];
        return new StoredWeight(
                number,
                new Coordinate(linear, row, column),
                linear,
                places.get(0).layer(),
                places.get(0).expert(),
                value);
    }

    /** For names that nothing has. */
    private String whatIsThere(Architecture architecture) {
        List<Placed> others = new WeightName(place, OptionalInt.empty(), row, column).places(architecture);
        String named = (isLayer() ? "layer " : "") + place;
        List<Integer> experts = others.stream()
                .flatMapToInt(placed -> placed.expert().stream())
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
                ? "the model has layers 0 to " + (architecture.layers() - 1)
                : "no linear map of a layer has this name; 'swscan inspect' lists down projections";
    }

    private record Placed(Linear linear, int layer, OptionalInt expert) {}

    private boolean isLayer() {
        return place.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private List<Placed> places(Architecture architecture) {
        return architecture.blocks().stream().flatMap(this::placesIn).toList();
    }

    private Stream<Placed> placesIn(Block block) {
        if (isLayer()) {
            return Integer.toString(block.layer()).equals(place)
                    ? block.feedForward()
                            .mlps()
                            .map(mlp -> new Placed(mlp.down(), block.layer(), mlp.expert()))
                            .filter(this::isNamedExpert)
                    : Stream.empty();
        }
        return block.linears()
                .filter(linear -> linear.weight().equals(place))
                .map(linear -> new Placed(linear, block.layer(), expertOf(block, linear)))
                .filter(this::isNamedExpert);
    }

    private boolean isNamedExpert(Placed placed) {
        return expert.isEmpty() || expert.equals(placed.expert());
    }

    private static OptionalInt expertOf(Block block, Linear linear) {
        Optional<Mlp> owner = block.feedForward()
                .mlps()
                .filter(mlp -> mlp.linears().anyMatch(linear::equals))
                .findFirst();
        return owner.map(Mlp::expert).orElse(OptionalInt.empty());
    }

    @Override
    public String toString() {
        return place + ":" + (expert.isPresent() ? expert.getAsInt() + ":" : "") + row + ":" + column;
    }
}
