declare const brand: unique symbol

/** A type that looks like `T` but cannot be mistaken for another thing that looks like `T`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
