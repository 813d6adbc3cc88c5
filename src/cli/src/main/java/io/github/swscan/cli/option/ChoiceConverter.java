package io.github.swscan.cli.option;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads one of a few words, in upper or lower case, with blanks around it or not. */
public final class ChoiceConverter<E extends Enum<E>> implements ITypeConverter<E> {

    private final Class<E> type;

    public ChoiceConverter(Class<E> type) {
        this.type = type;
    }

    @Override
    public E convert(String given) {
        String text = given.strip();
        return Arrays.stream(type.getEnumConstants())
                .filter(choice -> word(choice).equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() ->
                        new TypeConversionException("'" + text + "' is none of " + String.join(", ", words(type))));
    }

    private static String word(Object choice) {
        return choice.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The words for the choices of an enumeration. */
    public static List<String> words(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(ChoiceConverter::word).toList();
    }
}
